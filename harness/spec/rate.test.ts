import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRate, RATE_PATTERN, rateText } from './rate.ts';

const pattern = new RegExp(RATE_PATTERN);

test.each([
  ['back-to-back', { kind: 'back-to-back' }, 'back-to-back'],
  ['2.5fps', { kind: 'fixed', framesPerSecond: 2.5 }, '2.5fps'],
  ['0.120 fps', { kind: 'fixed', framesPerSecond: 0.12 }, '0.12fps'],
  ['poisson 30 fps', { kind: 'poisson', framesPerSecond: 30 }, 'poisson 30fps'],
])('%s', (text, rate, spelling) => {
  expect(text).toMatch(pattern);
  expect(parseRate(text)).toEqual(rate);
  expect(rateText(parseRate(text))).toBe(spelling);
});

test.each([
  '0fps',
  '0.00fps',
  '-1fps',
  '2.5',
  'poisson',
  'poisson2fps',
  '.5fps',
  '2.fps',
  '1.2.3fps',
  '12345fps',
  'Poisson 2fps',
  'fps',
])('%s is no rate', (text) => {
  expect(text).not.toMatch(pattern);
});

test('every rate that a person would write comes back from its text', () => {
  const thousandths = fc.integer({ min: 1, max: 9_999_999 });
  fc.assert(
    fc.property(fc.constantFrom('fixed', 'poisson'), thousandths, (kind, count) => {
      const rate = { kind, framesPerSecond: count / 1000 } as const;
      expect(rateText(rate)).toMatch(pattern);
      expect(parseRate(rateText(rate))).toEqual(rate);
    }),
  );
});
