/** Which detections of one run are found in another. Pure. */
import type { Detection } from '../../runtime/detect/detection.ts';
import type { Accuracy } from '../results/format.ts';

/** Intersection over union from which two boxes are one and the same object's. */
const SAME_OBJECT = 0.5;

/** One frame, in float32 and in a trial. */
export interface Compared {
  readonly expected: readonly Detection[];
  readonly found: readonly Detection[];
  /** Largest difference of the raw maps. */
  readonly difference: number;
}

export function sumUp(frames: readonly Compared[]): Accuracy {
  return {
    largestDifference: Math.max(...frames.map(({ difference }) => difference)),
    detectionsMatched: frames.reduce(
      (sum, { expected, found }) => sum + matched(expected, found),
      0,
    ),
    detectionsExpected: frames.reduce((sum, { expected }) => sum + expected.length, 0),
  };
}

/** How many of the expected ones are found: each takes the best that is left of its class. */
function matched(expected: readonly Detection[], found: readonly Detection[]): number {
  const left = [...found];
  let count = 0;
  for (const wanted of expected) {
    const overlaps = left.map((other) =>
      other.class === wanted.class ? intersectionOverUnion(wanted.box, other.box) : 0,
    );
    const best = Math.max(0, ...overlaps);
    if (best < SAME_OBJECT) continue;
    left.splice(overlaps.indexOf(best), 1);
    count++;
  }
  return count;
}

type Box = Detection['box'];

function intersectionOverUnion(a: Box, b: Box): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 0;
  const shared = across * down;
  return shared / (a.width * a.height + b.width * b.height - shared);
}
