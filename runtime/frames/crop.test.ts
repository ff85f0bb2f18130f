import { expect, test } from 'vitest';
import { cropPicture } from './crop.ts';

test('a crop keeps the colours of its pixels', () => {
  const pixels = Uint8Array.from({ length: 4 * 3 * 3 }, (_, index) => index);
  const crop = cropPicture({ width: 4, height: 3, pixels }, { x1: 1, y1: 1, x2: 2, y2: 2 });
  expect(crop).toEqual({
    width: 2,
    height: 2,
    pixels: Uint8Array.of(15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32),
  });
});

test('a crop is a copy', () => {
  const picture = { width: 1, height: 1, pixels: Uint8Array.of(1, 2, 3) };
  const crop = cropPicture(picture, { x1: 0, y1: 0, x2: 0, y2: 0 });
  picture.pixels.fill(9);
  expect([...crop.pixels]).toEqual([1, 2, 3]);
});
