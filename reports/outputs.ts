/** What was found in the frames of two results, as hashes: equal where every detection is, to the bit. */
import { createHash } from 'node:crypto';
import { groupBy } from './group.ts';
import { pointKey, pointName } from './point.ts';
import type { Results } from './read.ts';
import { isMeasured } from './summary.ts';

export interface PointOutputs {
  readonly point: string;
  /** The first 12 hex digits of SHA-256 over all frames' detections. */
  readonly before: string;
  readonly after: string;
}

/** Of every point that both have; of a point's repetitions the first that counts. */
export function compareOutputs(before: Results, after: Results): PointOutputs[] {
  const found = outputHashes(after);
  return [...outputHashes(before)].flatMap(([key, { point, hash }]) => {
    const other = found.get(key);
    return other === undefined ? [] : [{ point, before: hash, after: other.hash }];
  });
}

export function outputsText(outputs: readonly PointOutputs[]): string {
  const differing = outputs.filter(({ before, after }) => before !== after);
  const points = outputs.length === 1 ? 'the one point' : `all ${outputs.length} points`;
  if (outputs.length === 0) return 'Outputs: no point is in both.';
  if (differing.length === 0) return `Outputs: the same detections, to the bit, at ${points}.`;
  return [
    `Outputs: other detections at ${differing.length} of ${outputs.length} points.`,
    ...differing.map(({ point, before, after }) => `  ${point}: ${before} then, ${after} now`),
  ].join('\n');
}

function outputHashes({ trials }: Results) {
  const groups = groupBy(trials.filter(isMeasured), ({ parameters }) => pointKey(parameters));
  return new Map(
    [...groups].map(([key, [first]]) => {
      const frames = first!.frames.map(({ source, frame, detections }) => [
        source,
        frame,
        detections,
      ]);
      const hash = createHash('sha256').update(JSON.stringify(frames)).digest('hex').slice(0, 12);
      return [key, { point: pointName(first!.parameters), hash }];
    }),
  );
}
