/** Moves rectangles between planar feature maps, a row at a time. */
import type { Shape } from '../model/network.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';

/** Copies a region out of a map: [channels][region height][region width]. */
export function cutRegion(map: Float32Array, shape: Shape, region: Region): Float32Array {
  const [width, height] = [regionWidth(region), regionHeight(region)];
  const tile = new Float32Array(shape.channels * height * width);
  forEachRow(shape, region, (mapAt, tileAt) => {
    tile.set(map.subarray(mapAt, mapAt + width), tileAt);
  });
  return tile;
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
    map.set(tile.subarray(tileAt, tileAt + width), mapAt);
  });
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
