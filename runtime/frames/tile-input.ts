/**
 * How a tile's part of a frame travels: as the 8-bit pixels that it is made of, or as the floats that
 * the network takes; whichever is less, or always floats, as in the papers' program. Both give the same
 * floats, bit for bit.
 */
import { TilebedError } from '../errors.ts';
import { type Region, regionHeight, regionWidth, regionWithin } from '../partition/region.ts';
import type { FrameTransfer } from '../schedule/transfer.ts';
import { cropPicture } from './crop.ts';
import { type Letterbox, letterboxFor, letterboxRegion, pictureCropFor } from './letterbox.ts';
import type { Picture } from './picture.ts';

export type TileInput =
  | { readonly encoding: 'floats'; readonly data: Float32Array }
  | {
      readonly encoding: 'pixels';
      readonly crop: Region | undefined;
      readonly picture: Picture | undefined;
    };

/**
 * @param frames `pixels`: floats only where those are less
 * @param at where `picture` lies in the whole picture, of which it holds at least what the region needs
 */
export function tileInput(
  picture: Picture,
  letterbox: Letterbox,
  region: Region,
  frames: FrameTransfer = 'pixels',
  at: Region = { x1: 0, y1: 0, x2: picture.width - 1, y2: picture.height - 1 },
): TileInput {
  const floatCount = 3 * regionHeight(region) * regionWidth(region);
  if (frames === 'pixels') {
    const crop = pictureCropFor(letterbox, region);
    if (crop === undefined) return { encoding: 'pixels', crop, picture: undefined };
    const pixelBytes = 3 * regionHeight(crop) * regionWidth(crop);
    if (pixelBytes <= floatCount * Float32Array.BYTES_PER_ELEMENT) {
      return { encoding: 'pixels', crop, picture: cropPicture(picture, regionWithin(crop, at)) };
    }
  }
  const data = letterboxRegion(letterbox, region, picture, at, new Float32Array(floatCount));
  return { encoding: 'floats', data };
}

/** What a peer claims about a tile's input. */
export interface ClaimedInput {
  readonly encoding: number;
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  readonly cropX: number;
  readonly cropY: number;
  readonly cropWidth: number;
  readonly cropHeight: number;
}

export const FLOATS = 0;
export const PIXELS = 1;

/** Throws a TilebedError (PROTOCOL) unless the claim and the bytes fit the tile exactly. */
export function readTileInput(
  claim: ClaimedInput,
  payload: Uint8Array,
  region: Region,
  network: { readonly width: number; readonly height: number },
): { readonly input: TileInput; readonly letterbox: Letterbox } {
  const { pictureWidth, pictureHeight } = claim;
  if (pictureWidth < 1 || pictureHeight < 1 || pictureWidth * pictureHeight > 2 ** 28) {
    throw new TilebedError(
      'PROTOCOL',
      `a picture of ${pictureWidth}x${pictureHeight} is impossible`,
    );
  }
  const letterbox = letterboxFor(
    { width: pictureWidth, height: pictureHeight },
    network.width,
    network.height,
  );
  if (claim.encoding === FLOATS) {
    const floats = 3 * regionHeight(region) * regionWidth(region);
    requireBytes(payload, floats * Float32Array.BYTES_PER_ELEMENT);
    const data = new Float32Array(payload.buffer, payload.byteOffset, floats);
    return { input: { encoding: 'floats', data }, letterbox };
  }
  if (claim.encoding !== PIXELS) {
    throw new TilebedError('PROTOCOL', `a tile came in the unknown encoding ${claim.encoding}`);
  }
  const crop = pictureCropFor(letterbox, region);
  const claimed = {
    x1: claim.cropX,
    y1: claim.cropY,
    x2: claim.cropX + claim.cropWidth - 1,
    y2: claim.cropY + claim.cropHeight - 1,
  };
  if (crop === undefined) {
    requireBytes(payload, 0);
    return { input: { encoding: 'pixels', crop, picture: undefined }, letterbox };
  }
  if (
    claimed.x1 !== crop.x1 ||
    claimed.y1 !== crop.y1 ||
    claimed.x2 !== crop.x2 ||
    claimed.y2 !== crop.y2
  ) {
    throw new TilebedError('PROTOCOL', 'a tile came with pixels that it is not made of');
  }
  const [width, height] = [regionWidth(crop), regionHeight(crop)];
  requireBytes(payload, width * height * 3);
  return {
    input: { encoding: 'pixels', crop, picture: { width, height, pixels: payload } },
    letterbox,
  };
}

function requireBytes(payload: Uint8Array, wanted: number): void {
  if (payload.byteLength === wanted) return;
  throw new TilebedError(
    'PROTOCOL',
    `a tile came with ${payload.byteLength} bytes instead of ${wanted}`,
  );
}
