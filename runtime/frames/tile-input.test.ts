import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TilebedError } from '../errors.ts';
import { type Region, regionHeight, regionWidth } from '../partition/region.ts';
import { FRAME_TRANSFERS } from '../schedule/transfer.ts';
import { anyPicture, noise, regionWithin } from '../testing/pictures.ts';
import { letterboxFor, letterboxRegion } from './letterbox.ts';
import type { Picture } from './picture.ts';
import {
  type ClaimedInput,
  FLOATS,
  PIXELS,
  readTileInput,
  type TileInput,
  tileInput,
} from './tile-input.ts';

const NETWORK = { width: 32, height: 24 };

/** What a source sends to a thief. */
function pack(tile: TileInput, picture: Picture): { claim: ClaimedInput; payload: Uint8Array } {
  const crop = tile.encoding === 'pixels' ? tile.crop : undefined;
  const data = tile.encoding === 'pixels' ? tile.picture?.pixels : tile.data;
  const payload = new Uint8Array(data?.byteLength ?? 0);
  if (data !== undefined) {
    payload.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return {
    claim: {
      encoding: tile.encoding === 'pixels' ? PIXELS : FLOATS,
      pictureWidth: picture.width,
      pictureHeight: picture.height,
      cropX: crop?.x1 ?? 0,
      cropY: crop?.y1 ?? 0,
      cropWidth: crop === undefined ? 0 : regionWidth(crop),
      cropHeight: crop === undefined ? 0 : regionHeight(crop),
    },
    payload,
  };
}

function floatsOf(tile: TileInput, picture: { width: number; height: number }, region: Region) {
  if (tile.encoding === 'floats') return tile.data;
  const box = letterboxFor(picture, NETWORK.width, NETWORK.height);
  const target = new Float32Array(3 * regionHeight(region) * regionWidth(region));
  return letterboxRegion(box, region, tile.picture, tile.crop, target);
}

const scene = fc.tuple(anyPicture, regionWithin(NETWORK.width, NETWORK.height));

test('what a thief reads gives the floats that the source would compute from', () => {
  fc.assert(
    fc.property(scene, fc.constantFrom(...FRAME_TRANSFERS), ([picture, region], frames) => {
      const box = letterboxFor(picture, NETWORK.width, NETWORK.height);
      const sent = tileInput(picture, box, region, frames);
      const { claim, payload } = pack(sent, picture);
      const { input, letterbox } = readTileInput(claim, payload, region, NETWORK);
      expect(letterbox).toEqual(box);
      const whole = { x1: 0, y1: 0, x2: picture.width - 1, y2: picture.height - 1 };
      const count = 3 * regionHeight(region) * regionWidth(region);
      const expected = letterboxRegion(box, region, picture, whole, new Float32Array(count));
      expect(floatsOf(sent, picture, region)).toEqual(expected);
      expect(floatsOf(input, picture, region)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('what travels is never more than the floats would be', () => {
  fc.assert(
    fc.property(scene, ([picture, region]) => {
      const box = letterboxFor(picture, NETWORK.width, NETWORK.height);
      const { payload } = pack(tileInput(picture, box, region), picture);
      expect(payload.byteLength).toBeLessThanOrEqual(
        12 * regionHeight(region) * regionWidth(region),
      );
    }),
  );
});

test('as floats it is what the network takes of the region, grey bars included, whatever the picture', () => {
  fc.assert(
    fc.property(scene, ([picture, region]) => {
      const box = letterboxFor(picture, NETWORK.width, NETWORK.height);
      const sent = tileInput(picture, box, region, 'floats');
      expect(sent.encoding).toBe('floats');
      expect(pack(sent, picture).payload.byteLength).toBe(
        12 * regionHeight(region) * regionWidth(region),
      );
    }),
  );
});

describe('a large picture', () => {
  const picture = noise(200, 150);
  const region = { x1: 4, y1: 4, x2: 9, y2: 9 };
  const box = letterboxFor(picture, NETWORK.width, NETWORK.height);

  test('travels as floats, which are fewer bytes than its pixels', () => {
    expect(tileInput(picture, box, region).encoding).toBe('floats');
  });

  test('and one that is scaled up travels as pixels', () => {
    const small = noise(16, 12);
    const tile = tileInput(small, letterboxFor(small, NETWORK.width, NETWORK.height), region);
    expect(tile.encoding).toBe('pixels');
  });
});

describe('a claim that does not fit the tile', () => {
  const picture = noise(16, 12);
  const region = { x1: 4, y1: 4, x2: 9, y2: 9 };
  const box = letterboxFor(picture, NETWORK.width, NETWORK.height);
  const { claim, payload } = pack(tileInput(picture, box, region), picture);
  const read = (changed: Partial<ClaimedInput>, bytes = payload, part: Region = region) =>
    readTileInput({ ...claim, ...changed }, bytes, part, NETWORK);

  test('but the true one fits', () => {
    expect(read({}).input).toMatchObject({ encoding: 'pixels' });
  });

  test.each([
    ['a picture without width', { pictureWidth: 0 }],
    ['a picture without height', { pictureHeight: 0 }],
    ['a picture of 2^40 pixels', { pictureWidth: 2 ** 20, pictureHeight: 2 ** 20 }],
    ['another picture', { pictureWidth: 40, pictureHeight: 10 }],
    ['another corner', { cropX: claim.cropX + 1 }],
    ['another row', { cropY: claim.cropY + 1 }],
    ['another width', { cropWidth: claim.cropWidth + 1 }],
    ['another height', { cropHeight: claim.cropHeight - 1 }],
    ['no pixels at all', { cropX: 0, cropY: 0, cropWidth: 0, cropHeight: 0 }],
    ['floats, with the bytes of pixels', { encoding: FLOATS }],
    ['an encoding that does not exist', { encoding: 2 }],
  ])('%s', (_, changed) => {
    expect(() => read(changed)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });

  test.each([0, 1, payload.length - 1])('%i bytes of pixels', (length) => {
    expect(() => read({}, payload.slice(0, length))).toThrow(
      `a tile came with ${length} bytes instead of ${payload.length}`,
    );
  });

  test('pixels for a region of grey', () => {
    const bars = letterboxFor({ width: 40, height: 10 }, NETWORK.width, NETWORK.height);
    expect(bars.top).toBeGreaterThan(2);
    const grey = { x1: 0, y1: 0, x2: 5, y2: 1 };
    const wide = { pictureWidth: 40, pictureHeight: 10 };
    expect(() => read(wide, new Uint8Array(3), grey)).toThrow('3 bytes instead of 0');
    expect(read(wide, new Uint8Array(0), grey).input).toEqual({
      encoding: 'pixels',
      crop: undefined,
      picture: undefined,
    });
  });

  test('whatever is claimed, the answer is a tile or a protocol error', () => {
    const number = fc.oneof(fc.nat(64), fc.nat(2 ** 32 - 1));
    const anyClaim = fc.record({
      encoding: fc.nat(255),
      pictureWidth: number,
      pictureHeight: number,
      cropX: number,
      cropY: number,
      cropWidth: number,
      cropHeight: number,
    });
    const bytes = fc.nat(600).map((length) => new Uint8Array(length));
    fc.assert(
      fc.property(anyClaim, bytes, (claimed, data) => {
        try {
          const { input } = readTileInput(claimed, data, region, NETWORK);
          if (input.encoding === 'floats') expect(input.data.byteLength).toBe(data.byteLength);
        } catch (error) {
          expect(error).toBeInstanceOf(TilebedError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
