import { describe, expect, test } from 'vitest';
import { encodeProfile, readProfile } from './profile-message.ts';

const read = (value: unknown) => readProfile(Buffer.from(JSON.stringify(value)), 2);

test('what an edge tells comes back as it was', () => {
  const told = { layerMs: [1, 2.5], rateBitsPerSecond: 1e8, delayMs: 0.3 };
  expect(readProfile(encodeProfile(told), 2)).toEqual(told);
  expect(readProfile(encodeProfile({ layerMs: [] }), 2)).toEqual({ layerMs: [] });
});

describe('refused', () => {
  test.each([
    ['no object', 7],
    ['a bare list', [1, 2]],
    ['no times', {}],
    ['times of too few layers', { layerMs: [1] }],
    ['times that are no numbers', { layerMs: [1, '2'] }],
    ['negative times', { layerMs: [1, -1] }],
    ['a link without a rate', { layerMs: [], rateBitsPerSecond: 0 }],
    ['a delay into the past', { layerMs: [], delayMs: -1 }],
  ])('%s', (_, value) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });

  test('no JSON', () => {
    expect(() => readProfile(Buffer.from('{'), 2)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' }),
    );
  });
});
