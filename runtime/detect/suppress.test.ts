import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate } from './candidate.ts';
import { intersectionOverUnion, suppressOverlaps } from './suppress.ts';

function box(
  x: number,
  y: number,
  width: number,
  height: number,
  ...probabilities: number[]
): Candidate {
  return { x, y, width, height, objectness: 1, probabilities: Float32Array.from(probabilities) };
}

describe('intersection over union', () => {
  test.each([
    { a: box(0.5, 0.5, 1, 1), b: box(0.5, 0.5, 1, 1), share: 1 },
    { a: box(0.5, 0.5, 1, 1), b: box(1, 0.5, 1, 1), share: 1 / 3 },
    { a: box(0.5, 0.5, 1, 1), b: box(0.5, 0.5, 0.5, 0.5), share: 1 / 4 },
    { a: box(0, 0, 1, 1), b: box(1, 0, 1, 1), share: 0 },
    { a: box(0, 0, 1, 1), b: box(5, 5, 1, 1), share: 0 },
    { a: box(0, 0, 0, 0), b: box(0, 0, 0, 0), share: 0 },
  ])('is $share', ({ a, b, share }) => {
    expect(intersectionOverUnion(a, b)).toBeCloseTo(share, 12);
    expect(intersectionOverUnion(b, a)).toBeCloseTo(share, 12);
  });

  /** Counts the cells of a fine raster. */
  test('is what counting says', () => {
    const whole = fc.record({
      left: fc.integer({ min: 0, max: 9 }),
      top: fc.integer({ min: 0, max: 9 }),
      width: fc.integer({ min: 1, max: 10 }),
      height: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        let [both, either] = [0, 0];
        for (let y = 0; y < 20; y++) {
          for (let x = 0; x < 20; x++) {
            const inside = [a, b].filter(
              ({ left, top, width, height }) =>
                x >= left && x < left + width && y >= top && y < top + height,
            ).length;
            if (inside === 2) both++;
            if (inside > 0) either++;
          }
        }
        const centred = ({ left, top, width, height }: typeof a) =>
          box(left + width / 2, top + height / 2, width, height);
        expect(intersectionOverUnion(centred(a), centred(b))).toBeCloseTo(both / either, 12);
      }),
    );
  });
});

/** Again and again takes the best box that is left and strikes all that overlap it too much. */
function suppressPlainly(candidates: readonly Candidate[], threshold: number): number[][] {
  const kept = candidates.map(({ probabilities }) => Array.from(probabilities, () => 0));
  for (let label = 0; label < (candidates[0]?.probabilities.length ?? 0); label++) {
    let left = candidates
      .map((_, index) => index)
      .filter((index) => candidates[index]!.probabilities[label]! > 0);
    while (left.length > 0) {
      const probability = (index: number) => candidates[index]!.probabilities[label]!;
      const best = left.reduce((a, b) => (probability(b) > probability(a) ? b : a));
      kept[best]![label] = probability(best);
      left = left.filter(
        (index) =>
          index !== best &&
          intersectionOverUnion(candidates[best]!, candidates[index]!) <= threshold,
      );
    }
  }
  return kept;
}

test('what is left is what striking boxes one by one leaves', () => {
  const share = fc.float({ min: 0, max: 1, noNaN: true });
  const side = fc.float({ min: Math.fround(0.05), max: Math.fround(0.6), noNaN: true });
  const candidate = fc
    .tuple(
      share,
      share,
      side,
      side,
      fc.array(fc.oneof(fc.constant(0), share), { minLength: 3, maxLength: 3 }),
    )
    .map(([x, y, width, height, probabilities]) => box(x, y, width, height, ...probabilities));
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 30 }), share, (candidates, threshold) => {
      const expected = suppressPlainly(candidates, threshold);
      suppressOverlaps(candidates, threshold);
      expect(candidates.map(({ probabilities }) => [...probabilities])).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('classes do not suppress each other', () => {
  const candidates = [box(0.5, 0.5, 0.4, 0.4, 0.9, 0), box(0.5, 0.5, 0.4, 0.4, 0, 0.3)];
  suppressOverlaps(candidates, 0.45);
  expect(candidates.map(({ probabilities }) => [...probabilities])).toEqual([
    [Math.fround(0.9), 0],
    [0, Math.fround(0.3)],
  ]);
});

test('a suppressed box suppresses nobody', () => {
  const row = [0.5, 0.7, 0.9].map((x, index) => box(x, 0.5, 0.5, 0.5, 0.9 - index / 10));
  suppressOverlaps(row, 0.4);
  expect(row.map(({ probabilities }) => probabilities[0]! > 0)).toEqual([true, false, true]);
});
