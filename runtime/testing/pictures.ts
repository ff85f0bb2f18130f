/** Pictures for tests. */
import fc from 'fast-check';
import type { Picture } from '../frames/picture.ts';
import { below, seededRandom } from './random.ts';

/** Noise: no two neighbours alike, so that a pixel that is off by one shows. */
export function noise(width: number, height: number, seed = 1): Picture {
  const random = seededRandom(seed);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => below(random, 256));
  return { width, height, pixels };
}

const side = fc.oneof(fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 60 }));

/** Of any shape, a single pixel among them. */
export const anyPicture: fc.Arbitrary<Picture> = fc
  .tuple(side, side, fc.nat())
  .map(([width, height, seed]) => noise(width, height, seed));

/** A rectangle inside a map of this size. */
export function regionWithin(width: number, height: number) {
  const span = (length: number) =>
    fc
      .tuple(fc.nat(length - 1), fc.nat(length - 1))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  return fc.tuple(span(width), span(height)).map(([[x1, x2], [y1, y2]]) => ({ x1, y1, x2, y2 }));
}
