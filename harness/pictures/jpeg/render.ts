/** From a frame's coefficients to the picture, in the colours of Darknet's decoder. */
import type { Picture } from '../../../runtime/frames/picture.ts';
import type { Frame } from './frame.ts';
import { componentSamples } from './samples.ts';
import { type CoarseRows, upsampledRow } from './upsample.ts';

export type ColourModel = 'rgb' | 'ycbcr';

export function renderFrame(frame: Frame, colours: ColourModel): Picture {
  const { width, height, components, maxAcross, maxDown } = frame;
  const pixels = new Uint8ClampedArray(3 * width * height);
  const planes = components.map((component): CoarseRows => {
    const across = maxAcross / component.across;
    return {
      samples: componentSamples(component),
      stride: 8 * component.blockColumns,
      width: Math.ceil(width / across),
      height: component.height,
      across,
      down: maxDown / component.down,
    };
  });
  const rows = planes.map(() => new Uint8Array(width + maxAcross));
  for (let y = 0; y < height; y++) {
    for (const [index, plane] of planes.entries()) upsampledRow(plane, y, rows[index]!);
    const [first, second = first, third = first] = rows as [Uint8Array, Uint8Array?, Uint8Array?];
    const target = pixels.subarray(3 * y * width, 3 * (y + 1) * width);
    if (rows.length === 3 && colours === 'ycbcr') convertRow(first, second, third, width, target);
    else interleaveRow(first, second, third, width, target);
  }
  return { width, height, pixels: new Uint8Array(pixels.buffer) };
}

function interleaveRow(
  red: Uint8Array,
  green: Uint8Array,
  blue: Uint8Array,
  count: number,
  target: Uint8ClampedArray,
): void {
  for (let x = 0; x < count; x++) {
    target[3 * x] = red[x]!;
    target[3 * x + 1] = green[x]!;
    target[3 * x + 2] = blue[x]!;
  }
}

/** Fractions of 2^20, of which the decoder keeps twelve bits. */
const RED_OF_CR = fixed(1.402);
const GREEN_OF_CR = fixed(0.71414);
const GREEN_OF_CB = fixed(0.34414);
const BLUE_OF_CB = fixed(1.772);

function fixed(value: number): number {
  return Math.trunc(Math.fround(value) * 4096 + 0.5) << 8;
}

/** stb_image.h, stbi__YCbCr_to_RGB_row. */
function convertRow(
  luma: Uint8Array,
  blueness: Uint8Array,
  redness: Uint8Array,
  count: number,
  target: Uint8ClampedArray,
): void {
  for (let x = 0; x < count; x++) {
    const y = (luma[x]! << 20) + (1 << 19);
    const cb = blueness[x]! - 128;
    const cr = redness[x]! - 128;
    const greenOfCb = (cb * -GREEN_OF_CB) & ~0xffff;
    target[3 * x] = (y + cr * RED_OF_CR) >> 20;
    target[3 * x + 1] = (y - cr * GREEN_OF_CR + greenOfCb) >> 20;
    target[3 * x + 2] = (y + cb * BLUE_OF_CB) >> 20;
  }
}
