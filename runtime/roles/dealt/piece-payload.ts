/** Pieces as bytes: how many they must be, and what they are made of and made into. */
import { TilebedError } from '../../errors.ts';
import { type Letterbox, letterboxFor, pictureCropFor } from '../../frames/letterbox.ts';
import type { Picture } from '../../frames/picture.ts';
import {
  FLOATS,
  PIXELS,
  readTileInput,
  type TileInput,
  tileInput,
} from '../../frames/tile-input.ts';
import type { Network, Shape } from '../../model/network.ts';
import { cutRegion } from '../../partition/map.ts';
import { type Region, regionHeight, regionWidth, regionWithin } from '../../partition/region.ts';
import type { FrameTransfer } from '../../schedule/transfer.ts';
import type { ComputeInput } from '../compute-protocol.ts';
import { computeInput } from '../job.ts';

export interface EncodedPiece {
  readonly encoding: number;
  readonly payload: Uint8Array;
}

/** The size of a frame's picture, which came with its deal. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A region of a map as float32. */
export function floatBytes({ channels }: Shape, region: Region): number {
  return Float32Array.BYTES_PER_ELEMENT * channels * regionHeight(region) * regionWidth(region);
}

/** The largest payload that dealing can need: any map in front of a fused layer, or behind the last. */
export function largestPayload(network: Network, fusedLayers: number): number {
  const maps = network.layers.slice(0, fusedLayers).flatMap(({ input, output }) => [input, output]);
  const largest = Math.max(...maps.map(({ channels, height, width }) => channels * height * width));
  return Float32Array.BYTES_PER_ELEMENT * largest;
}

/** Throws a TilebedError (PROTOCOL) unless a region comes as exactly its floats. */
export function checkMapPiece(
  shape: Shape,
  region: Region,
  encoding: number,
  payloadBytes: number,
): void {
  if (encoding === FLOATS && payloadBytes === floatBytes(shape, region)) return;
  throw new TilebedError('PROTOCOL', `a piece came with ${payloadBytes} bytes`);
}

/** Throws a TilebedError (PROTOCOL) where a piece of a frame has more bytes than its floats would have. */
export function checkFramePiece(network: Network, region: Region, payloadBytes: number): void {
  if (payloadBytes <= floatBytes(network.input, region)) return;
  throw new TilebedError('PROTOCOL', `a piece of a frame came with ${payloadBytes} bytes`);
}

/** Cuts a region of the network's input out of a picture, as it is to travel. */
export function encodeFramePiece(
  picture: Picture,
  network: Network,
  region: Region,
  frames: FrameTransfer,
): EncodedPiece {
  const letterbox = letterboxFor(picture, network.input.width, network.input.height);
  return encodeInput(tileInput(picture, letterbox, region, frames));
}

/** What a receiver makes of a frame's piece. Throws a TilebedError (PROTOCOL) unless it is that region. */
export function readFramePiece(
  { encoding, payload }: EncodedPiece,
  size: PictureSize,
  network: Network,
  region: Region,
): { readonly input: TileInput; readonly letterbox: Letterbox } {
  const letterbox = letterboxFor(size, network.input.width, network.input.height);
  const crop = pictureCropFor(letterbox, region);
  const claim = {
    encoding,
    pictureWidth: size.width,
    pictureHeight: size.height,
    cropX: crop?.x1 ?? 0,
    cropY: crop?.y1 ?? 0,
    cropWidth: crop === undefined ? 0 : regionWidth(crop),
    cropHeight: crop === undefined ? 0 : regionHeight(crop),
  };
  return readTileInput(claim, payload, region, network.input);
}

/** A region of the frame, out of the whole frame as a source has sent it to the gateway: of floats, floats. */
export function cutFramePiece(
  { input, letterbox }: { readonly input: TileInput; readonly letterbox: Letterbox },
  network: Network,
  region: Region,
): EncodedPiece {
  if (input.encoding === 'floats') {
    return encodeFloats(cutRegion(input.data, network.input, region));
  }
  const { picture, crop } = input;
  // A whole frame is never only grey bars.
  if (picture === undefined) throw new Error('a frame without a picture');
  return encodeInput(tileInput(picture, letterbox, region, 'pixels', crop));
}

/** A region of what a part has computed, which is itself a region of the layer's map. */
export function cutMapPiece(
  output: Float32Array,
  shape: Shape,
  computed: Region,
  region: Region,
): EncodedPiece {
  const size = { height: regionHeight(computed), width: regionWidth(computed) };
  const inside = regionWithin(region, computed);
  return encodeFloats(cutRegion(output, { channels: shape.channels, ...size }, inside));
}

/** The payload's floats, in place. */
export function floatsOf(payload: Uint8Array): Float32Array {
  return new Float32Array(
    payload.buffer,
    payload.byteOffset,
    payload.byteLength / Float32Array.BYTES_PER_ELEMENT,
  );
}

export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A source's own part of its frame, for its own compute thread. */
export function framePartInput(picture: Picture, network: Network, region: Region): ComputeInput {
  const letterbox = letterboxFor(picture, network.input.width, network.input.height);
  return computeInput(tileInput(picture, letterbox, region), letterbox, region);
}

function encodeInput(input: TileInput): EncodedPiece {
  if (input.encoding === 'floats') return encodeFloats(input.data);
  return { encoding: PIXELS, payload: input.picture?.pixels ?? new Uint8Array(0) };
}

function encodeFloats(floats: Float32Array): EncodedPiece {
  return { encoding: FLOATS, payload: bytesOf(floats) };
}
