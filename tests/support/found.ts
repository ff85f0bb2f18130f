/** What trials found, to compare to the last bit. */
import type { TrialRecord } from '../../harness/results/format.ts';

/** A trial's detections by source and frame. */
export function found({ frames }: Pick<TrialRecord, 'frames'>): string {
  return JSON.stringify(frames.map(({ source, frame, detections }) => [source, frame, detections]));
}
