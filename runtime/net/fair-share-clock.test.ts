import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairShareClock } from './fair-share-clock.ts';

/** Transfers over one link that shares itself out evenly; the true time that each would have taken alone. */
function share(transfers: readonly { at: number; aloneMs: number }[]): number[] {
  const clock = new FairShareClock();
  const left = transfers.map(({ aloneMs }) => aloneMs);
  const begun: number[] = [];
  const told: number[] = [];
  let now = 0;
  for (;;) {
    const active = [...begun.keys()].filter(
      (index) => begun[index] !== undefined && told[index] === undefined,
    );
    const waiting = transfers.findIndex((_, index) => begun[index] === undefined);
    const nextEnd = Math.min(
      ...active.map((index) => now + Math.max(0, left[index]!) * active.length),
    );
    const nextStart =
      waiting < 0 ? Number.POSITIVE_INFINITY : Math.max(now, transfers[waiting]!.at);
    const next = Math.min(nextEnd, nextStart);
    if (next === Number.POSITIVE_INFINITY) return told;
    for (const index of active) left[index]! -= (next - now) / active.length;
    now = next;
    if (nextStart <= nextEnd) {
      begun[waiting] = clock.begin(now);
      continue;
    }
    for (const index of active) {
      if (left[index]! > 1e-9) continue;
      told[index] = clock.end(now, begun[index]!);
    }
  }
}

test('transfers that come together are told as if each had come alone', () => {
  const anyTransfers = fc
    .array(
      fc.record({ at: fc.integer({ min: 0, max: 50 }), aloneMs: fc.integer({ min: 1, max: 40 }) }),
      { minLength: 1, maxLength: 6 },
    )
    .map((transfers) => transfers.toSorted((a, b) => a.at - b.at));
  fc.assert(
    fc.property(anyTransfers, (transfers) => {
      for (const [index, told] of share(transfers).entries()) {
        expect(told).toBeCloseTo(transfers[index]!.aloneMs, 5);
      }
    }),
  );
});

test('a transfer over a slow link of its own is hardly excused by short ones beside it', () => {
  const clock = new FairShareClock();
  const slow = clock.begin(0);
  const fast = clock.begin(0);
  expect(clock.end(10, fast)).toBe(5);
  expect(clock.end(1000, slow)).toBe(995);
});
