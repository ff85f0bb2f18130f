/**
 * Whether a queue grew because frames arrived faster than they were taken, or by chance.
 *
 * The rise is the slope of the line of least squares times the time of all arrivals: of an overloaded
 * source it is the frames that were left behind. What a bearable load can do too is measured in units
 * of 1 frame (filling the pipeline), 1 % of the frames, and for random arrivals √n, which is how far
 * chance carries: of simulated servers with constant service (M/D/1, 100 frames) at a load of 90 % one in
 * twenty rises more than one unit, and at 100 % fewer than that more than two (decision 0008).
 */
import type { FrameRate } from './arrivals.ts';

/** `unclear`: too few frames, or too little of a rise, to tell. */
export type QueueGrowth = 'grows' | 'stable' | 'unclear';

export interface QueueRise {
  readonly rate: FrameRate['kind'];
  /** Frames that arrived. */
  readonly arrivals: number;
  readonly riseFrames: number;
}

const FEWEST_ARRIVALS = 8;

export function queueGrowth({ rate, arrivals, riseFrames }: QueueRise): QueueGrowth {
  if (arrivals < FEWEST_ARRIVALS) return 'unclear';
  const chance = rate === 'poisson' ? Math.sqrt(arrivals) : 0;
  const unit = Math.max(1, arrivals / 100, chance);
  if (riseFrames > 2 * unit) return 'grows';
  return riseFrames <= unit ? 'stable' : 'unclear';
}
