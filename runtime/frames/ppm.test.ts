import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyPicture } from '../testing/pictures.ts';
import { decodePpm, encodePpm } from './ppm.ts';

test('what is written can be read', () => {
  fc.assert(
    fc.property(anyPicture, (picture) => {
      expect(decodePpm(new Uint8Array(encodePpm(picture)), 'frame.ppm')).toEqual(picture);
    }),
  );
});

test('a file is what other programs write: magic, size and maximum, then pixels', () => {
  const bytes = encodePpm({ width: 2, height: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  expect([...bytes]).toEqual([...Buffer.from('P6\n2 1\n255\n'), 1, 2, 3, 4, 5, 6]);
});

describe('a header', () => {
  const pixels = Buffer.from([1, 2, 3]);
  const read = (header: string, body = pixels) =>
    decodePpm(new Uint8Array([...Buffer.from(header, 'latin1'), ...body]), 'frame.ppm');

  test.each([
    'P6 1 1 255 ',
    'P6\n# by a camera\n1 1\n255\n',
    'P6\r\n1\t1\r\n255\n',
    'P6\n1\n# two\n# comments\n1 255\n',
  ])('%j is sound', (header) => {
    expect(read(header)).toEqual({ width: 1, height: 1, pixels: Uint8Array.of(1, 2, 3) });
  });

  test('is over after one blank: pixels may look like white space', () => {
    expect([...read('P6 1 1 255\n', Buffer.from('\n\n\n')).pixels]).toEqual([10, 10, 10]);
  });

  test.each([
    ['', 'frame.ppm is not a binary PPM (P6)'],
    ['P5 1 1 255 ', 'frame.ppm is not a binary PPM (P6)'],
    ['P3 1 1 255 ', 'frame.ppm is not a binary PPM (P6)'],
    ['P6 1 255 ', 'frame.ppm is not a binary PPM (P6)'],
    ['P6 -1 1 255 ', 'frame.ppm is not a binary PPM (P6)'],
    ['P6 1 1 65535 ', 'frame.ppm has 65535 levels, not 255'],
    ['P6 0 1 255 ', 'frame.ppm claims an impossible size of 0x1'],
    ['P6 999999 999999 255 ', 'frame.ppm claims an impossible size of 999999x999999'],
    ['P6 1 2 255 ', 'frame.ppm holds 3 bytes of pixels, not 6'],
    ['P6 1 1 255  ', 'frame.ppm holds 4 bytes of pixels, not 3'],
  ])('%j is not', (header, message) => {
    expect(() => read(header)).toThrow(expect.objectContaining({ code: 'INPUT', message }));
  });
});
