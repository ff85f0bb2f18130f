/** A tile in hand, ready for the compute thread: an edge's own, or a stolen one. */
import { TilebedError } from '../errors.ts';
import type { Letterbox } from '../frames/letterbox.ts';
import { readTileInput, type TileInput } from '../frames/tile-input.ts';
import type { Network } from '../model/network.ts';
import type { MessageOf } from '../net/messages.ts';
import type { FusedPlan, TilePlan } from '../partition/plan.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import type { TileId } from '../schedule/source-queue.ts';
import type { ComputeInput } from './compute-protocol.ts';

export interface Job {
  readonly source: string;
  readonly id: TileId;
  readonly plan: TilePlan;
  readonly input: ComputeInput;
}

/** Throws a TilebedError (PROTOCOL) unless what a victim sent is exactly one of the plan's tiles. */
export function stolenJob(
  victim: string,
  task: MessageOf<'task'>,
  payload: Uint8Array,
  { network, plan: { tiles } }: { readonly network: Network; readonly plan: FusedPlan },
): Job {
  const plan = tiles[task.tile];
  if (plan === undefined) {
    throw new TilebedError('PROTOCOL', `${victim} gave tile ${task.tile}, which does not exist`);
  }
  const { input, letterbox } = readTileInput(task, payload, plan.input, network.input);
  const id = { frame: task.frame, tile: task.tile };
  return { source: victim, id, plan, input: computeInput(input, letterbox, plan.input) };
}

export function computeInput(
  tile: TileInput,
  letterbox: Letterbox,
  region: TilePlan['input'],
): ComputeInput {
  if (tile.encoding === 'pixels') {
    return { kind: 'pixels', picture: tile.picture, crop: tile.crop, letterbox, region };
  }
  const [height, width] = [regionHeight(region), regionWidth(region)];
  return { kind: 'floats', data: tile.data, height, width };
}
