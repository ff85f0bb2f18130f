/** Halos as they stand in messages: lists of numbers, checked before anything is made of them. */
import { TilebedError } from '../../errors.ts';
import type { Network } from '../../model/network.ts';
import { haloBytes } from '../../partition/analysis.ts';
import { copyPatch, type Patch } from '../../partition/map.ts';
import type { Sides } from '../../partition/neighbours.ts';
import { areaOf, type Region } from '../../partition/region.ts';
import type { Halo } from '../../partition/reuse.ts';

/** A message holds so many; a plan with more does without. */
export const MAX_HALOS = 1300;

/** The part of a halo, in front of a layer; whose it is says the message. */
export type HaloPart = Omit<Halo, 'tile'>;

export function encodeHalos(halos: readonly Halo[]): number[] {
  return halos.flatMap(({ tile, layer, region }) => [tile, layer, ...corners(region)]);
}

/** Throws a TilebedError (PROTOCOL) unless all lie in maps of fused layers. */
export function decodeHalos(
  numbers: readonly number[],
  network: Network,
  fusedLayers: number,
): Halo[] {
  return groups(numbers, 6).map(([tile, layer, ...rest]) => {
    return { tile: tile!, ...checkedPart(layer!, rest, network, fusedLayers) };
  });
}

export function encodeParts(parts: readonly HaloPart[]): number[] {
  return parts.flatMap(({ layer, region }) => [layer, ...corners(region)]);
}

/** Throws a TilebedError (PROTOCOL) unless all lie in maps of fused layers, and are no more than `mostBytes`. */
export function decodeParts(
  numbers: readonly number[],
  network: Network,
  fusedLayers: number,
  mostBytes: number,
): HaloPart[] {
  const parts = groups(numbers, 5).map(([layer, ...rest]) =>
    checkedPart(layer!, rest, network, fusedLayers),
  );
  if (haloBytes(network, parts) > mostBytes) {
    throw new TilebedError('PROTOCOL', 'somebody asks for more halos than a tile can use');
  }
  return parts;
}

/**
 * Parts of halos as bytes, one after the other.
 *
 * @param patches where each of them lies
 */
export function joinParts(
  parts: readonly HaloPart[],
  patches: readonly Patch[],
  network: Network,
): Uint8Array {
  const payload = new Float32Array(haloBytes(network, parts) / Float32Array.BYTES_PER_ELEMENT);
  let at = 0;
  for (const [index, { layer, region }] of parts.entries()) {
    const end = at + network.layers[layer]!.input.channels * areaOf(region);
    copyPatch(patches[index]!, { region, data: payload.subarray(at, end) }, region);
    at = end;
  }
  return new Uint8Array(payload.buffer);
}

/** Throws a TilebedError (PROTOCOL) unless the bytes are exactly the parts, one after the other. */
export function splitParts(
  payload: Uint8Array,
  parts: readonly Halo[],
  network: Network,
): { readonly halo: Halo; readonly data: Float32Array }[] {
  if (payload.byteLength !== haloBytes(network, parts)) {
    throw new TilebedError('PROTOCOL', `halos came with ${payload.byteLength} bytes`);
  }
  let at = payload.byteOffset;
  return parts.map((halo) => {
    const floats = network.layers[halo.layer]!.input.channels * areaOf(halo.region);
    const data = new Float32Array(payload.buffer, at, floats);
    at += data.byteLength;
    return { halo, data };
  });
}

export function encodeSides({ left, right, top, bottom }: Sides): number {
  return [left, right, top, bottom].reduce(
    (bits, side, place) => bits + (Number(side) << place),
    0,
  );
}

export function decodeSides(bits: number): Sides {
  const side = (place: number) => ((bits >> place) & 1) === 1;
  return { left: side(0), right: side(1), top: side(2), bottom: side(3) };
}

function corners({ x1, y1, x2, y2 }: Region): number[] {
  return [x1, y1, x2, y2];
}

function groups(numbers: readonly number[], size: number): number[][] {
  if (numbers.length % size !== 0) throw impossible();
  return Array.from({ length: numbers.length / size }, (_, index) =>
    numbers.slice(size * index, size * (index + 1)),
  );
}

function checkedPart(
  layer: number,
  [x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[],
  network: Network,
  fusedLayers: number,
): HaloPart {
  if (layer < 1 || layer >= fusedLayers) throw impossible();
  const { height, width } = network.layers[layer]!.input;
  if (x1 > x2 || y1 > y2 || x2 >= width || y2 >= height) throw impossible();
  return { layer, region: { x1, y1, x2, y2 } };
}

function impossible(): TilebedError {
  return new TilebedError('PROTOCOL', 'a list of halos names what no map has');
}
