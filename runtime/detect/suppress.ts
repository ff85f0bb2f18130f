/** Non-maximum suppression, class by class, as Darknet does it (box.c, do_nms_sort). */
import type { Candidate } from './candidate.ts';

/**
 * Sets to 0 the probability of every box that overlaps a more probable one of its class by more than
 * `threshold` (intersection over union). Changes the candidates' probabilities.
 */
export function suppressOverlaps(candidates: readonly Candidate[], threshold: number): void {
  const classes = candidates[0]?.probabilities.length ?? 0;
  for (let label = 0; label < classes; label++) {
    const ranked = candidates
      .filter(({ probabilities }) => probabilities[label]! > 0)
      .sort((a, b) => b.probabilities[label]! - a.probabilities[label]!);
    for (const [rank, best] of ranked.entries()) {
      if (best.probabilities[label] === 0) continue;
      for (const other of ranked.slice(rank + 1)) {
        if (intersectionOverUnion(best, other) > threshold) other.probabilities[label] = 0;
      }
    }
  }
}

type Box = Pick<Candidate, 'x' | 'y' | 'width' | 'height'>;

export function intersectionOverUnion(a: Box, b: Box): number {
  const shared = overlap(a.x, a.width, b.x, b.width) * overlap(a.y, a.height, b.y, b.height);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}

function overlap(centreA: number, lengthA: number, centreB: number, lengthB: number): number {
  const from = Math.max(centreA - lengthA / 2, centreB - lengthB / 2);
  const to = Math.min(centreA + lengthA / 2, centreB + lengthB / 2);
  return Math.max(0, to - from);
}
