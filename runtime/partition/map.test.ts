import fc from 'fast-check';
import { expect, test } from 'vitest';
import { regionWithin } from '../testing/pictures.ts';
import { randomFloats } from '../testing/random.ts';
import { cutRegion, pasteRegion } from './map.ts';
import { regionHeight, regionWidth } from './region.ts';

const mapAndRegion = fc
  .record({
    channels: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
  })
  .chain((shape) =>
    fc.record({ shape: fc.constant(shape), region: regionWithin(shape.width, shape.height) }),
  );

test('a cut holds the elements of its region, in order', () => {
  fc.assert(
    fc.property(mapAndRegion, ({ shape, region }) => {
      const map = Float32Array.from(
        { length: shape.channels * shape.height * shape.width },
        (_, index) => index,
      );
      const tile = cutRegion(map, shape, region);
      const expected: number[] = [];
      for (let channel = 0; channel < shape.channels; channel++) {
        for (let y = region.y1; y <= region.y2; y++) {
          for (let x = region.x1; x <= region.x2; x++) {
            expected.push((channel * shape.height + y) * shape.width + x);
          }
        }
      }
      expect([...tile]).toEqual(expected);
    }),
  );
});

test('a paste writes its region and nothing else', () => {
  fc.assert(
    fc.property(mapAndRegion, ({ shape, region }) => {
      const before = randomFloats(shape.channels * shape.height * shape.width, 1);
      const tile = randomFloats(shape.channels * regionHeight(region) * regionWidth(region), 2);
      const map = before.slice();
      pasteRegion(map, shape, region, tile);
      expect(cutRegion(map, shape, region)).toEqual(tile);
      pasteRegion(map, shape, region, cutRegion(before, shape, region));
      expect(map).toEqual(before);
    }),
  );
});
