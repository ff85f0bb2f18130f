/** Cuts a part out of a picture. */
import { type Region, regionHeight, regionWidth } from '../partition/region.ts';
import type { Picture } from './picture.ts';

export function cropPicture(picture: Picture, region: Region): Picture {
  const [width, height] = [regionWidth(region), regionHeight(region)];
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((region.y1 + row) * picture.width + region.x1) * 3;
    pixels.set(picture.pixels.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, pixels };
}
