import { expect, test } from 'vitest';
import { parseDurationMs, parseMemory, parsePercent, parseRateBitsPerSecond } from './units.ts';

test('sizes, decimal and binary', () => {
  expect(parseMemory('1GiB')).toBe(2 ** 30);
  expect(parseMemory('1.5 MiB')).toBe(1.5 * 2 ** 20);
  expect(parseMemory('512KB')).toBe(512_000);
});

test('durations in milliseconds', () => {
  expect(['500us', '3ms', '2 s', '10m', '1h'].map(parseDurationMs)).toEqual([
    0.5, 3, 2000, 600_000, 3_600_000,
  ]);
});

test('rates and shares', () => {
  expect(parseRateBitsPerSecond('40mbit')).toBe(40e6);
  expect(parsePercent('0.1%')).toBeCloseTo(0.001);
});
