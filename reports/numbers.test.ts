import { expect, test } from 'vitest';
import { durationText, durationUnit, mebibytesText, significant } from './numbers.ts';

test('three significant digits, none before the point lost', () => {
  expect([0, 7, 1.5, 12.34, 123.4, 98765.4, 0.04567, 0.00001].map(significant)).toEqual([
    '0',
    '7',
    '1.50',
    '12.3',
    '123',
    '98765',
    '0.046',
    '<0.001',
  ]);
});

test('durations take seconds where one of them is ten of them or more', () => {
  expect(durationUnit([900, 9_999]).name).toBe('ms');
  expect(durationUnit([900, 10_000]).name).toBe('s');
  expect(durationText(240_500)).toBe('241 s');
  expect(durationText(1_250.4)).toBe('1250 ms');
  expect(mebibytesText(2 ** 20 * 22.13)).toBe('22.1 MiB');
});
