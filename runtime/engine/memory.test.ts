import { expect, test } from 'vitest';
import { freeAtOnce, releaseDeadMaps, Strips } from './memory.ts';

test('strips of one filler share memory, and a longer one leaves the shorter ones sound', () => {
  const strips = new Strips();
  const short = strips.take(0, 4);
  const padding = strips.take(Number.NEGATIVE_INFINITY, 3);
  const long = strips.take(0, 100);
  expect(strips.take(0, 10).buffer).toBe(long.buffer);
  expect([...short]).toEqual([0, 0, 0, 0]);
  expect([...padding]).toEqual(Array.from({ length: 3 }, () => Number.NEGATIVE_INFINITY));
  expect(long).toHaveLength(100);
  expect(strips.take(0, 0)).toHaveLength(0);
});

test('maps that nobody holds are freed at once', () => {
  const before = process.memoryUsage().arrayBuffers;
  const megabyte = 2 ** 20;
  for (let round = 0; round < 200; round++) {
    new Uint8Array(megabyte).fill(1);
    releaseDeadMaps('minor');
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * megabyte);
});

test('what is freed at once is gone without any collection', async () => {
  // The port that takes it closes in the next turn of the loop.
  await new Promise(setImmediate);
  const megabyte = 2 ** 20;
  const resident = () => process.memoryUsage().rss;
  const maps = Array.from({ length: 64 }, () => new Float32Array(megabyte / 4).fill(1));
  const filled = resident();
  // Two arrays may share their memory.
  freeAtOnce([...maps, maps[0]!.subarray(1)]);
  expect(filled - resident()).toBeGreaterThan(48 * megabyte);
  expect(maps.every(({ length }) => length === 0)).toBe(true);
});
