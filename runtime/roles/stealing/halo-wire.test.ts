import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf, section } from '../../testing/cfg.ts';
import {
  decodeHalos,
  decodeParts,
  decodeSides,
  encodeHalos,
  encodeParts,
  encodeSides,
  splitParts,
} from './halo-wire.ts';

const convolution = section('convolutional', { filters: 2, size: 3, pad: 1 });
const network = networkOf(
  { width: 9, height: 6, channels: 1 },
  convolution,
  convolution,
  convolution,
);
const HALO = { tile: 4, layer: 2, region: { x1: 1, y1: 0, x2: 8, y2: 5 } };

describe('halos in messages', () => {
  test('come back as they went', () => {
    const other = { tile: 7, layer: 1, region: { x1: 0, y1: 5, x2: 0, y2: 5 } };
    expect(decodeHalos(encodeHalos([HALO, other]), network, 3)).toEqual([HALO, other]);
    const { tile, ...part } = HALO;
    expect(tile).toBe(4);
    expect(decodeParts(encodeParts([HALO]), network, 3, 1e6)).toEqual([part]);
  });

  test.each([
    ['a number is missing', [4, 2, 1, 0, 8]],
    ['the layer is the first', [4, 0, 1, 0, 8, 5]],
    ['the layer is not fused', [4, 3, 1, 0, 8, 5]],
    ['it ends before it begins', [4, 2, 3, 0, 2, 5]],
    ['it ends above where it begins', [4, 2, 1, 5, 8, 4]],
    ['it is wider than the map', [4, 2, 1, 0, 9, 5]],
    ['it is higher than the map', [4, 2, 1, 0, 8, 6]],
  ])('are refused where %s', (_, numbers) => {
    expect(() => decodeHalos(numbers, network, 3)).toThrow('names what no map has');
  });

  test('whatever the numbers, only what lies in a map comes of them', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10), { maxLength: 12 }), (numbers) => {
        try {
          for (const { layer, region } of decodeHalos(numbers, network, 3)) {
            expect(layer).toBeGreaterThan(0);
            expect(region.x2).toBeLessThan(9);
            expect(region.y2).toBeLessThan(6);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'PROTOCOL' });
        }
      }),
    );
  });

  test('are not given out without end', () => {
    // Two channels of 8 x 6 floats each time.
    const parts = encodeParts(Array(10).fill(HALO));
    expect(decodeParts(parts, network, 3, 3840)).toHaveLength(10);
    expect(() => decodeParts(parts, network, 3, 3839)).toThrow('more halos than a tile can use');
  });

  test('are taken only with the bytes that they have', () => {
    const bytes = new Uint8Array(Float32Array.from({ length: 96 }, (_, index) => index).buffer);
    const [part] = splitParts(bytes, [HALO], network);
    expect(part!.data).toHaveLength(96);
    expect(part!.data[95]).toBe(95);
    expect(() => splitParts(bytes.subarray(4), [HALO], network)).toThrow(
      'halos came with 380 bytes',
    );
    expect(() => splitParts(bytes, [HALO, HALO], network)).toThrow('halos came with 384 bytes');
  });
});

test('sides are bits', () => {
  for (let bits = 0; bits < 16; bits++) expect(encodeSides(decodeSides(bits))).toBe(bits);
  expect(decodeSides(4)).toEqual({ left: false, right: false, top: true, bottom: false });
});
