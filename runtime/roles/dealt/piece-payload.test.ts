import { describe, expect, test } from 'vitest';
import { letterboxRegion } from '../../frames/letterbox.ts';
import { FLOATS, PIXELS, type TileInput } from '../../frames/tile-input.ts';
import { type Region, regionHeight, regionWidth } from '../../partition/region.ts';
import { networkOf, section } from '../../testing/cfg.ts';
import { noise } from '../../testing/pictures.ts';
import {
  checkFramePiece,
  checkMapPiece,
  cutFramePiece,
  cutMapPiece,
  encodeFramePiece,
  floatsOf,
  readFramePiece,
} from './piece-payload.ts';

const NETWORK = networkOf(
  { width: 40, height: 40, channels: 3 },
  section('convolutional', { size: 3, pad: 1 }),
);
const WHOLE: Region = { x1: 0, y1: 0, x2: 39, y2: 39 };
const REGIONS: readonly Region[] = [
  { x1: 0, y1: 0, x2: 39, y2: 12 },
  { x1: 0, y1: 11, x2: 39, y2: 26 },
  { x1: 9, y1: 20, x2: 30, y2: 39 },
];

type Read = ReturnType<typeof readFramePiece>;

function floats({ input, letterbox }: Read, region: Region): Float32Array {
  if (input.encoding === 'floats') return input.data;
  const { picture, crop } = input as TileInput & { encoding: 'pixels' };
  const out = new Float32Array(3 * regionHeight(region) * regionWidth(region));
  return letterboxRegion(letterbox, region, picture, crop, out);
}

describe.each([
  { size: { width: 40, height: 30 }, frames: 'pixels', encoding: PIXELS },
  { size: { width: 23, height: 61 }, frames: 'pixels', encoding: PIXELS },
  { size: { width: 300, height: 200 }, frames: 'pixels', encoding: FLOATS },
  { size: { width: 23, height: 61 }, frames: 'floats', encoding: FLOATS },
] as const)('a frame of $size.width x $size.height as $frames', ({ size, frames, encoding }) => {
  const picture = noise(size.width, size.height, 5);

  test.each(REGIONS)('cut by the gateway it is what the source would have cut: %j', (region) => {
    const sent = encodeFramePiece(picture, NETWORK, WHOLE, frames);
    expect(sent.encoding).toBe(encoding);
    const atGateway = readFramePiece(sent, size, NETWORK, WHOLE);
    const passed = cutFramePiece(atGateway, NETWORK, region);
    const direct = encodeFramePiece(picture, NETWORK, region, frames);
    const expected = floats(readFramePiece(direct, size, NETWORK, region), region);
    expect(floats(readFramePiece(passed, size, NETWORK, region), region)).toEqual(expected);
    for (const { payload } of [sent, passed, direct]) {
      expect(() => checkFramePiece(NETWORK, WHOLE, payload.byteLength)).not.toThrow();
    }
    if (encoding === FLOATS) expect([passed.encoding, direct.encoding]).toEqual([FLOATS, FLOATS]);
  });
});

test('a piece of a frame may not be larger than its floats', () => {
  const region = { x1: 0, y1: 0, x2: 39, y2: 0 };
  expect(() => checkFramePiece(NETWORK, region, 3 * 40 * 4)).not.toThrow();
  expect(() => checkFramePiece(NETWORK, region, 3 * 40 * 4 + 1)).toThrow(
    expect.objectContaining({ code: 'PROTOCOL' }),
  );
});

test('a piece of a map is exactly its floats', () => {
  const shape = { channels: 2, height: 9, width: 9 };
  const region = { x1: 1, y1: 1, x2: 3, y2: 2 };
  expect(() => checkMapPiece(shape, region, FLOATS, 48)).not.toThrow();
  for (const [encoding, bytes] of [
    [FLOATS, 47],
    [FLOATS, 52],
    [PIXELS, 48],
  ] as const) {
    expect(() => checkMapPiece(shape, region, encoding, bytes)).toThrow('a piece came with');
  }
});

test('a piece of a map is cut from where its part lies', () => {
  const shape = { channels: 1, height: 9, width: 4 };
  const computed = { x1: 0, y1: 3, x2: 3, y2: 5 };
  const output = Float32Array.from({ length: 12 }, (_, index) => 30 + index);
  const piece = cutMapPiece(output, shape, computed, { x1: 1, y1: 4, x2: 2, y2: 5 });
  expect([...floatsOf(piece.payload)]).toEqual([35, 36, 39, 40]);
});
