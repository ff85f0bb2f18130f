import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutRegion } from '../partition/map.ts';
import type { Region } from '../partition/region.ts';
import { anyPicture, noise, regionWithin } from '../testing/pictures.ts';
import { cropPicture } from './crop.ts';
import { letterboxFor, letterboxRegion, pictureCropFor } from './letterbox.ts';
import type { Picture } from './picture.ts';

const GREY = 0.5;
const side = fc.integer({ min: 1, max: 50 });

function whole({ width, height }: { width: number; height: number }): Region {
  return { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
}

/** The whole input, from the whole picture. */
function letterboxed(picture: Picture, width: number, height: number): Float32Array {
  const box = letterboxFor(picture, width, height);
  const target = new Float32Array(3 * width * height).fill(Number.NaN);
  return letterboxRegion(box, whole({ width, height }), picture, whole(picture), target);
}

/** Darknet's letterbox_image, statement by statement, in the float arithmetic of C. */
function darknetLetterbox(picture: Picture, width: number, height: number): Float32Array {
  const { width: w, height: h, pixels } = picture;
  const f = Math.fround;
  let [newWidth, newHeight] = [w, h];
  if (f(width / w) < f(height / h)) {
    newWidth = width;
    newHeight = Math.trunc((h * width) / w);
  } else {
    newHeight = height;
    newWidth = Math.trunc((w * height) / h);
  }
  const source = (c: number, y: number, x: number) => f(pixels[(y * w + x) * 3 + c]! / 255);
  const part = new Float32Array(3 * h * newWidth);
  const resized = new Float32Array(3 * newHeight * newWidth);
  const scaleX = f((w - 1) / (newWidth - 1));
  const scaleY = f((h - 1) / (newHeight - 1));
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < newWidth; x++) {
        let value: number;
        if (x === newWidth - 1 || w === 1) value = source(c, y, w - 1);
        else {
          const sx = f(x * scaleX);
          const ix = Math.trunc(sx);
          const dx = f(sx - ix);
          value = f(f(f(1 - dx) * source(c, y, ix)) + f(dx * source(c, y, ix + 1)));
        }
        part[(c * h + y) * newWidth + x] = value;
      }
    }
  }
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < newHeight; y++) {
      const sy = f(y * scaleY);
      const iy = Math.trunc(sy);
      const dy = f(sy - iy);
      for (let x = 0; x < newWidth; x++) {
        const at = (c * newHeight + y) * newWidth + x;
        resized[at] = f(f(1 - dy) * part[(c * h + iy) * newWidth + x]!);
        if (y === newHeight - 1 || h === 1) continue;
        resized[at] = f(resized[at]! + f(dy * part[(c * h + iy + 1) * newWidth + x]!));
      }
    }
  }
  const boxed = new Float32Array(3 * height * width).fill(GREY);
  const [left, top] = [Math.trunc((width - newWidth) / 2), Math.trunc((height - newHeight) / 2)];
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < newHeight; y++) {
      for (let x = 0; x < newWidth; x++) {
        boxed[(c * height + top + y) * width + left + x] =
          resized[(c * newHeight + y) * newWidth + x]!;
      }
    }
  }
  return boxed;
}

describe('the scaled picture', () => {
  test.each([
    { picture: [768, 576], network: [608, 608], inner: [608, 456], at: [0, 76] },
    { picture: [576, 768], network: [608, 608], inner: [456, 608], at: [76, 0] },
    { picture: [608, 608], network: [608, 608], inner: [608, 608], at: [0, 0] },
    { picture: [10, 10], network: [416, 320], inner: [320, 320], at: [48, 0] },
    { picture: [1000, 1], network: [416, 416], inner: [416, 1], at: [0, 207] },
    { picture: [100, 33], network: [50, 50], inner: [50, 16], at: [0, 17] },
  ])('of $picture in $network', ({ picture: [pw, ph], network: [nw, nh], inner, at }) => {
    const box = letterboxFor({ width: pw!, height: ph! }, nw!, nh!);
    expect([box.innerWidth, box.innerHeight]).toEqual(inner);
    expect([box.left, box.top]).toEqual(at);
  });

  test('lies inside the input and touches two of its sides, whatever the sizes', () => {
    fc.assert(
      fc.property(side, side, side, side, (pictureWidth, pictureHeight, width, height) => {
        const box = letterboxFor({ width: pictureWidth, height: pictureHeight }, width, height);
        expect(box.innerWidth).toBeGreaterThan(0);
        expect(box.innerHeight).toBeGreaterThan(0);
        expect(box.left + box.innerWidth).toBeLessThanOrEqual(width);
        expect(box.top + box.innerHeight).toBeLessThanOrEqual(height);
        expect(box.innerWidth === width || box.innerHeight === height).toBe(true);
      }),
    );
  });
});

describe('the input that is made', () => {
  test('is what Darknet makes, bit for bit', () => {
    // Darknet divides by zero where a side of the scaled picture is one pixel.
    const larger = fc.integer({ min: 2, max: 50 });
    fc.assert(
      fc.property(anyPicture, larger, larger, (picture, width, height) => {
        const box = letterboxFor(picture, width, height);
        fc.pre(box.innerWidth > 1 && box.innerHeight > 1);
        expect(letterboxed(picture, width, height)).toEqual(
          darknetLetterbox(picture, width, height),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('is the picture itself where nothing is scaled', () => {
    const picture = noise(9, 7);
    const input = letterboxed(picture, 9, 7);
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < 63; pixel++) {
        expect(input[channel * 63 + pixel]).toBe(
          Math.fround(picture.pixels[pixel * 3 + channel]! / 255),
        );
      }
    }
  });

  test('is grey at two sides, and in full where the picture does not show', () => {
    const picture = noise(20, 10);
    const box = letterboxFor(picture, 20, 20);
    const bar = { x1: 3, y1: 0, x2: 9, y2: 4 };
    expect(pictureCropFor(box, bar)).toBeUndefined();
    const input = letterboxRegion(box, bar, undefined, undefined, new Float32Array(3 * 35));
    expect(input.every((value) => value === GREY)).toBe(true);
  });

  test('stays between 0 and 1, and fills nothing but its part of the target', () => {
    fc.assert(
      fc.property(anyPicture, side, side, (picture, width, height) => {
        const box = letterboxFor(picture, width, height);
        const target = new Float32Array(3 * width * height + 5).fill(7);
        const input = letterboxRegion(
          box,
          whole({ width, height }),
          picture,
          whole(picture),
          target,
        );
        expect(input).toHaveLength(3 * width * height);
        expect(input.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect([...target.subarray(-5)]).toEqual([7, 7, 7, 7, 7]);
      }),
    );
  });
});

test('a picture that is scaled up keeps its last row in the crop, though rounding may miss it', () => {
  const picture = noise(2, 31);
  const box = letterboxFor(picture, 35, 44);
  expect(pictureCropFor(box, { x1: 0, y1: 0, x2: 34, y2: 43 })).toEqual(whole(picture));
});

test('any region, made from only the pixels that it needs, is the cut of the whole', () => {
  const scene = fc
    .tuple(anyPicture, side, side)
    .chain(([picture, width, height]) =>
      fc.tuple(
        fc.constant(picture),
        fc.constant(width),
        fc.constant(height),
        regionWithin(width, height),
      ),
    );
  fc.assert(
    fc.property(scene, ([picture, width, height, region]) => {
      const box = letterboxFor(picture, width, height);
      const crop = pictureCropFor(box, region);
      const part = crop && cropPicture(picture, crop);
      const target = new Float32Array(3 * width * height).fill(Number.NaN);
      const made = letterboxRegion(box, region, part, crop, target);
      const shape = { channels: 3, height, width };
      const expected = cutRegion(letterboxed(picture, width, height), shape, region);
      expect(made.length).toBe(expected.length);
      expect(made.every((value, index) => Object.is(value, expected[index]))).toBe(true);
      if (crop !== undefined) {
        expect(crop.x1).toBeGreaterThanOrEqual(0);
        expect(crop.y1).toBeGreaterThanOrEqual(0);
        expect(crop.x2).toBeLessThan(picture.width);
        expect(crop.y2).toBeLessThan(picture.height);
      }
    }),
    { numRuns: 2000 },
  );
});
