import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packLanes, spanLabel } from './lanes.ts';

test('a span is called by its kind and what it is about', () => {
  expect(spanLabel({ kind: 'compute', source: 's0', frame: 1, tile: 7 })).toBe(
    'compute s0/f1 tile 7',
  );
  expect(spanLabel({ kind: 'finish', source: 's0', frame: 0 })).toBe('finish s0/f0');
  expect(spanLabel({ kind: 'detect' })).toBe('detect');
});

test('no lane holds two spans at once, none is lost, and there are no more lanes than needed', () => {
  const span = fc
    .tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }))
    .map(([startMs, length]) => ({ startMs, endMs: startMs + length }));
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const lanes = packLanes(spans);
      for (const lane of lanes) {
        for (const [index, { startMs }] of lane.entries()) {
          if (index > 0) expect(startMs).toBeGreaterThanOrEqual(lane[index - 1]!.endMs);
        }
      }
      expect(new Set(lanes.flat())).toEqual(new Set(spans));
      const atOnce = spans.map(
        ({ startMs }) =>
          spans.filter((other) => other.startMs <= startMs && startMs < other.endMs).length,
      );
      expect(lanes).toHaveLength(Math.max(0, ...atOnce));
    }),
  );
});
