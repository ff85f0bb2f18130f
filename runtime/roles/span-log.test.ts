import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Span } from './events.ts';
import { SpanLog } from './span-log.ts';

const count = fc.nat(2 ** 31 - 1);
const span = fc.record(
  {
    kind: fc.constantFrom('cut', 'compute', 'transfer', 'merge', 'finish', 'detect'),
    startMs: fc.double({ noNaN: true }),
    endMs: fc.double({ noNaN: true }),
    source: fc.constantFrom('edge0', 'edge1'),
    frame: count,
    tile: count,
    stage: count,
    peer: fc.constantFrom('edge0', 'gateway'),
  },
  { requiredKeys: ['kind', 'startMs', 'endMs'] },
) as fc.Arbitrary<Span>;

test('what goes in comes out, in its order', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 3000, size: 'max' }), (spans) => {
      const log = new SpanLog();
      for (const one of spans) log.add(one);
      // Records of fast-check have no prototype.
      expect(log.spans()).toEqual(spans.map((one) => ({ ...one })));
    }),
    { numRuns: 20 },
  );
});

test('the first hundred thousand are kept, and nothing grows after them', () => {
  const log = new SpanLog();
  for (let frame = 0; frame < 100_500; frame++) {
    log.add({ kind: 'cut', startMs: frame, endMs: frame + 1, frame });
  }
  const spans = log.spans();
  expect(spans).toHaveLength(100_000);
  expect(spans.at(-1)).toEqual({ kind: 'cut', startMs: 99_999, endMs: 100_000, frame: 99_999 });
});
