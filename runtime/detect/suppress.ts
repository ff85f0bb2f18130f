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
    // Untrained weights give thousands of boxes, and every pair of them is looked at.
    for (let first = 0; first < ranked.length; first++) {
      const best = ranked[first]!;
      if (best.probabilities[label] === 0) continue;
      for (let second = first + 1; second < ranked.length; second++) {
        const other = ranked[second]!;
        if (other.probabilities[label] === 0) continue;
        if (intersectionOverUnion(best, other) > threshold) other.probabilities[label] = 0;
      }
    }
  }
}

type Box = Pick<Candidate, 'x' | 'y' | 'width' | 'height'>;

export function intersectionOverUnion(a: Box, b: Box): number {
  const across = overlap(a.x, a.width, b.x, b.width);
  if (across === 0) return 0;
  const shared = across * overlap(a.y, a.height, b.y, b.height);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}

function overlap(centreA: number, lengthA: number, centreB: number, lengthB: number): number {
  const from = Math.max(centreA - lengthA / 2, centreB - lengthB / 2);
  const to = Math.min(centreA + lengthA / 2, centreB + lengthB / 2);
  return Math.max(0, to - from);
}
