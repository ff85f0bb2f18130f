/** Moves rectangles between planar feature maps, a row at a time. */
import type { Shape } from '../model/network.ts';
import { areaOf, type Region, regionHeight, regionWidth } from './region.ts';

/** Copies a region out of a map: [channels][region height][region width]. */
export function cutRegion(map: Float32Array, shape: Shape, region: Region): Float32Array {
  const [width, height] = [regionWidth(region), regionHeight(region)];
  const tile = new Float32Array(shape.channels * height * width);
  forEachRow(shape, region, (mapAt, tileAt) => {
    copyRow(map, mapAt, tile, tileAt, width);
  });
  return tile;
}

/** A rectangle of values: [channels][height of the region][width of the region]. */
export interface Patch {
  /** In the coordinates of the map it belongs to; it may reach outside. */
  readonly region: Region;
  readonly data: Float32Array;
}

/** Copies a part that both patches have from one to the other. */
export function copyPatch(from: Patch, to: Patch, part: Region): void {
  const [fromWidth, toWidth] = [regionWidth(from.region), regionWidth(to.region)];
  const [fromArea, toArea] = [areaOf(from.region), areaOf(to.region)];
  const width = regionWidth(part);
  const fromStart = offsetIn(from.region, part);
  const toStart = offsetIn(to.region, part);
  const channels = to.data.length / toArea;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < regionHeight(part); row++) {
      const fromAt = channel * fromArea + fromStart + row * fromWidth;
      const toAt = channel * toArea + toStart + row * toWidth;
      copyRow(from.data, fromAt, to.data, toAt, width);
    }
  }
}

function offsetIn(region: Region, part: Region): number {
  return (part.y1 - region.y1) * regionWidth(region) + part.x1 - region.x1;
}

/** Copies a tile to its place in a map. */
export function pasteRegion(
  map: Float32Array,
  shape: Shape,
  region: Region,
  tile: Float32Array,
): void {
  const width = regionWidth(region);
  forEachRow(shape, region, (mapAt, tileAt) => {
    copyRow(tile, tileAt, map, mapAt, width);
  });
}

/** A view costs as much as some dozens of elements, and a halo's rows often have two. */
const SHORT_ROW = 48;

function copyRow(
  from: Float32Array,
  fromAt: number,
  to: Float32Array,
  toAt: number,
  count: number,
): void {
  if (count > SHORT_ROW) {
    to.set(from.subarray(fromAt, fromAt + count), toAt);
    return;
  }
  for (let index = 0; index < count; index++) to[toAt + index] = from[fromAt + index]!;
}

function forEachRow(
  shape: Shape,
  region: Region,
  copy: (mapAt: number, tileAt: number) => void,
): void {
  const width = regionWidth(region);
  let tileAt = 0;
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let y = region.y1; y <= region.y2; y++) {
      copy((channel * shape.height + y) * shape.width + region.x1, tileAt);
      tileAt += width;
    }
  }
}
