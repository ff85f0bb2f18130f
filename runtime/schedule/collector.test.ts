import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Collector } from './collector.ts';

const id = (source: string, frame: number) => ({ source, frame });

function collectorOf(tiles: number, frames: Record<string, number>): Collector {
  return new Collector(tiles, new Map(Object.entries(frames)));
}

describe('a frame', () => {
  test('goes from expected to finished', () => {
    const collector = collectorOf(2, { a: 1 });
    expect(collector.takeFrame(id('a', 0))).toBe(true);
    expect(collector.arrive(id('a', 0), 1)).toBe('new');
    expect(collector.arrive(id('a', 0), 0)).toBe('last');
    expect(collector.done).toBe(false);
    collector.finish(id('a', 0));
    expect(collector.done).toBe(true);
  });

  test('is taken once, and only where it was expected', () => {
    const collector = collectorOf(1, { a: 1 });
    expect(collector.takeFrame(id('a', 0))).toBe(true);
    expect(collector.takeFrame(id('a', 0))).toBe(false);
    expect(collector.takeFrame(id('a', 1))).toBe(false);
    expect(collector.takeFrame(id('a', -1))).toBe(false);
    expect(collector.takeFrame(id('b', 0))).toBe(false);
  });

  test('is not finished before its tiles are there, nor twice', () => {
    const collector = collectorOf(2, { a: 1 });
    const finish = () => collector.finish(id('a', 0));
    expect(finish).toThrow('frame 0 of a was not merged');
    collector.takeFrame(id('a', 0));
    collector.arrive(id('a', 0), 0);
    expect(finish).toThrow('was not merged');
    collector.arrive(id('a', 0), 1);
    finish();
    expect(finish).toThrow('was not merged');
  });
});

describe('a result', () => {
  test('counts once', () => {
    const collector = collectorOf(2, { a: 1 });
    collector.takeFrame(id('a', 0));
    expect(collector.arrive(id('a', 0), 0)).toBe('new');
    expect(collector.arrive(id('a', 0), 0)).toBe('duplicate');
    expect(collector.arrive(id('a', 0), 1)).toBe('last');
    expect(collector.arrive(id('a', 0), 1)).toBe('duplicate');
    collector.finish(id('a', 0));
    expect(collector.arrive(id('a', 0), 1)).toBe('duplicate');
  });

  test('that overtakes its frame is early, and counts when it is brought again', () => {
    const collector = collectorOf(1, { a: 1 });
    expect(collector.arrive(id('a', 0), 0)).toBe('early');
    expect(collector.arrive(id('a', 0), 0)).toBe('early');
    collector.takeFrame(id('a', 0));
    expect(collector.arrive(id('a', 0), 0)).toBe('last');
  });

  test.each([
    ['of another source', id('b', 0), 0],
    ['of a frame that does not exist', id('a', 1), 0],
    ['of a frame below 0', id('a', -1), 0],
    ['of a tile beyond the grid', id('a', 0), 2],
    ['of a tile below 0', id('a', 0), -1],
  ])('%s is unknown', (_, frame, tile) => {
    const collector = collectorOf(2, { a: 1 });
    collector.takeFrame(id('a', 0));
    expect(collector.arrive(frame, tile)).toBe('unknown');
  });
});

describe('a lost source', () => {
  test('loses what can no longer complete, and that is named', () => {
    const collector = collectorOf(1, { a: 4, b: 1 });
    for (const frame of [0, 1, 2]) collector.takeFrame(id('a', frame));
    collector.arrive(id('a', 0), 0);
    collector.finish(id('a', 0));
    collector.arrive(id('a', 1), 0);
    // Frame 0 is finished, 1 is merged, 2 has no tile yet, and 3 was never taken.
    expect(collector.loseSource('a')).toEqual([id('a', 2), id('a', 3)]);
    expect(collector.loseSource('a')).toEqual([]);
    expect(collector.arrive(id('a', 2), 0)).toBe('duplicate');
    expect(collector.takeFrame(id('a', 3))).toBe(false);
    collector.finish(id('a', 1));
    expect(collector.done).toBe(false);
    expect(collector.loseSource('b')).toEqual([id('b', 0)]);
    expect(collector.done).toBe(true);
  });

  test('that gives no frames loses none', () => {
    const collector = collectorOf(1, { a: 1, idle: 0 });
    expect(collector.loseSource('idle')).toEqual([]);
    expect(collector.loseSource('stranger')).toEqual([]);
    expect(collector.done).toBe(false);
  });
});

test('without frames there is nothing to wait for', () => {
  expect(collectorOf(5, { idle: 0 }).done).toBe(true);
});

test('in any order each tile counts once, and the end comes with the last frame', () => {
  const event = fc.record({
    kind: fc.constantFrom('take', 'arrive', 'arrive', 'arrive', 'lose'),
    source: fc.constantFrom('a', 'b'),
    frame: fc.nat(2),
    tile: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const collector = collectorOf(3, { a: 3, b: 3 });
      const counted = new Set<string>();
      const ended = new Set<string>();
      for (const { kind, source, frame, tile } of events) {
        const key = `${source}/${frame}`;
        if (kind === 'take') collector.takeFrame({ source, frame });
        if (kind === 'arrive') {
          const arrival = collector.arrive({ source, frame }, tile);
          if (arrival !== 'new' && arrival !== 'last') continue;
          expect(counted.has(`${key}/${tile}`)).toBe(false);
          counted.add(`${key}/${tile}`);
          const all = [0, 1, 2].every((index) => counted.has(`${key}/${index}`));
          expect(arrival).toBe(all ? 'last' : 'new');
          if (!all) continue;
          collector.finish({ source, frame });
          ended.add(key);
        }
        if (kind === 'lose') {
          for (const lost of collector.loseSource(source)) {
            expect(ended.has(`${source}/${lost.frame}`)).toBe(false);
            ended.add(`${source}/${lost.frame}`);
          }
        }
        expect(collector.done).toBe(ended.size === 6);
      }
    }),
    { numRuns: 500 },
  );
});

test('counts the frames of a source that are under way', () => {
  const collector = new Collector(1, new Map([['a', 4]]));
  expect(collector.inFlight('a')).toBe(0);
  for (const frame of [0, 1, 2]) collector.takeFrame({ source: 'a', frame });
  expect([collector.inFlight('a'), collector.inFlight('b')]).toEqual([3, 0]);
  collector.arrive({ source: 'a', frame: 1 }, 0);
  expect(collector.inFlight('a')).toBe(3);
  collector.finish({ source: 'a', frame: 1 });
  expect(collector.inFlight('a')).toBe(2);
  collector.arrive({ source: 'a', frame: 2 }, 0);
  collector.loseSource('a');
  // What is merged already is finished all the same.
  expect(collector.inFlight('a')).toBe(1);
  collector.finish({ source: 'a', frame: 2 });
  expect(collector.inFlight('a')).toBe(0);
});
