import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component, Frame } from './frame.ts';
import { renderFrame } from './render.ts';

/** A picture of one block, each component of one value. */
function flat(values: readonly number[]): Frame {
  const components = values.map((value, id): Component => {
    const coefficients = new Int16Array(64);
    // A block's mean is an eighth of its first coefficient.
    coefficients[0] = 8 * (value - 128);
    return {
      id,
      across: 1,
      down: 1,
      quantizationIndex: 0,
      width: 8,
      height: 8,
      blockColumns: 1,
      blockRows: 1,
      coefficients,
      quantization: new Uint16Array(64).fill(1),
    };
  });
  const size = { width: 2, height: 1, maxAcross: 1, maxDown: 1, unitColumns: 1, unitRows: 1 };
  return { ...size, progressive: false, components };
}

const byte = fc.integer({ min: 0, max: 255 });

test('brightness and colour become red, green and blue as JFIF defines', () => {
  fc.assert(
    fc.property(byte, byte, byte, (y, cb, cr) => {
      const { pixels } = renderFrame(flat([y, cb, cr]), 'ycbcr');
      const defined = [
        y + 1.402 * (cr - 128),
        y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
        y + 1.772 * (cb - 128),
      ];
      for (const [index, value] of [...defined, ...defined].entries()) {
        const limited = Math.min(255, Math.max(0, value));
        expect(Math.abs(pixels[index]! - limited)).toBeLessThan(1);
      }
    }),
    { numRuns: 1000 },
  );
});

test('stored colours and greys stay what they are', () => {
  expect([...renderFrame(flat([1, 2, 250]), 'rgb').pixels]).toEqual([1, 2, 250, 1, 2, 250]);
  expect([...renderFrame(flat([77]), 'ycbcr').pixels]).toEqual([77, 77, 77, 77, 77, 77]);
});
