/**
 * Fits a picture into the network's input as Darknet does (image.c: letterbox_image, resize_image):
 * scaled to touch two sides, grey bars at the others. Any region of the result can be made from just
 * the sub-picture that it needs, bit for bit as if it were cut from the whole.
 */
import { type Region, regionHeight, regionWidth } from '../partition/region.ts';
import type { Picture } from './picture.ts';

/** Sizes in pixels: the picture, the network's input, and the scaled picture inside that. */
export interface Letterbox {
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  readonly width: number;
  readonly height: number;
  readonly innerWidth: number;
  readonly innerHeight: number;
  /** Position of the scaled picture. */
  readonly left: number;
  readonly top: number;
}

/** Darknet fills the bars with this; it is no multiple of 1/255. */
const GREY = 0.5;

export function letterboxFor(
  picture: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): Letterbox {
  // Darknet compares the two scales as floats and then divides integers.
  const byWidth = Math.fround(width / picture.width) < Math.fround(height / picture.height);
  const innerWidth = byWidth
    ? width
    : Math.max(1, Math.trunc((picture.width * height) / picture.height));
  const innerHeight = byWidth
    ? Math.max(1, Math.trunc((picture.height * width) / picture.width))
    : height;
  return {
    pictureWidth: picture.width,
    pictureHeight: picture.height,
    width,
    height,
    innerWidth,
    innerHeight,
    left: Math.trunc((width - innerWidth) / 2),
    top: Math.trunc((height - innerHeight) / 2),
  };
}

/** Output columns or rows, each a mixture of two neighbouring sources. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Float32Array;
  readonly secondWeight: Float32Array;
}

/**
 * The sources of `count` outputs from `start`. For the very last output Darknet drops the second
 * summand; `lastOutput` says what it does with the first: columns take the last source as it is, rows
 * keep the weight that rounding happened to give.
 */
function taps(
  start: number,
  count: number,
  outputs: number,
  sources: number,
  lastOutput: 'exact' | 'weighted',
): Taps {
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const firstWeight = new Float32Array(count).fill(1);
  const secondWeight = new Float32Array(count);
  const scale = outputs === 1 ? 0 : Math.fround((sources - 1) / (outputs - 1));
  for (let index = 0; index < count; index++) {
    const output = start + index;
    const last = output === outputs - 1 || sources === 1;
    if (last && lastOutput === 'exact') {
      first[index] = sources - 1;
      second[index] = sources - 1;
      continue;
    }
    const position = Math.fround(output * scale);
    const whole = Math.min(Math.trunc(position), sources - 1);
    const fraction = Math.fround(position - whole);
    first[index] = whole;
    firstWeight[index] = 1 - fraction;
    second[index] = last ? whole : Math.min(whole + 1, sources - 1);
    secondWeight[index] = last ? 0 : fraction;
  }
  return { first, second, firstWeight, secondWeight };
}

interface InnerPart {
  /** Of the region, where the scaled picture shows: offsets in the region, and positions in the scaled picture. */
  readonly x: number;
  readonly y: number;
  readonly innerX: number;
  readonly innerY: number;
  readonly columns: number;
  readonly rows: number;
}

function innerPart(box: Letterbox, region: Region): InnerPart | undefined {
  const x1 = Math.max(region.x1, box.left);
  const y1 = Math.max(region.y1, box.top);
  const x2 = Math.min(region.x2, box.left + box.innerWidth - 1);
  const y2 = Math.min(region.y2, box.top + box.innerHeight - 1);
  if (x1 > x2 || y1 > y2) return undefined;
  return {
    x: x1 - region.x1,
    y: y1 - region.y1,
    innerX: x1 - box.left,
    innerY: y1 - box.top,
    columns: x2 - x1 + 1,
    rows: y2 - y1 + 1,
  };
}

function partTaps(box: Letterbox, part: InnerPart) {
  return {
    across: taps(part.innerX, part.columns, box.innerWidth, box.pictureWidth, 'exact'),
    down: taps(part.innerY, part.rows, box.innerHeight, box.pictureHeight, 'weighted'),
  };
}

/** The part of the picture that a region of the network's input is made of; undefined: only bars. */
export function pictureCropFor(box: Letterbox, region: Region): Region | undefined {
  const part = innerPart(box, region);
  if (part === undefined) return undefined;
  const { across, down } = partTaps(box, part);
  return {
    x1: across.first[0]!,
    y1: down.first[0]!,
    x2: across.second[part.columns - 1]!,
    // The very last row may be rounded to a source above the one that the row before it still mixes in.
    y2: Math.max(...down.second.subarray(-2)),
  };
}

/**
 * Makes a region of the network's input, [3][height][width], values 0 to 1.
 *
 * @param picture the sub-picture that `pictureCropFor` names; undefined where the region is only bars
 * @param crop where the sub-picture lies in the whole picture
 * @param target receives the result; at least 3 · height · width elements
 */
export function letterboxRegion(
  box: Letterbox,
  region: Region,
  picture: Picture | undefined,
  crop: Region | undefined,
  target: Float32Array,
): Float32Array {
  const [width, height] = [regionWidth(region), regionHeight(region)];
  const output = target.subarray(0, 3 * width * height);
  const part = innerPart(box, region);
  const covered = part !== undefined && part.columns === width && part.rows === height;
  if (!covered) output.fill(GREY);
  if (part === undefined || picture === undefined || crop === undefined) return output;
  const { across, down } = partTaps(box, part);
  // Darknet scales columns into an intermediate picture first, then rows: only two of its rows live here.
  const rows = [new Float32Array(part.columns), new Float32Array(part.columns)] as const;
  for (let channel = 0; channel < 3; channel++) {
    const held = [-1, -1];
    const scaledRow = (sourceRow: number): Float32Array => {
      const slot = sourceRow & 1;
      if (held[slot] !== sourceRow) {
        scaleRow(picture, sourceRow - crop.y1, channel, crop.x1, across, rows[slot as 0 | 1]);
        held[slot] = sourceRow;
      }
      return rows[slot as 0 | 1];
    };
    for (let row = 0; row < part.rows; row++) {
      const upper = scaledRow(down.first[row]!);
      const from = (channel * height + part.y + row) * width + part.x;
      const upperWeight = down.firstWeight[row]!;
      const lowerWeight = down.secondWeight[row]!;
      if (upperWeight === 1) {
        output.set(upper, from);
        continue;
      }
      const lower = lowerWeight === 0 ? upper : scaledRow(down.second[row]!);
      for (let column = 0; column < part.columns; column++) {
        output[from + column] =
          Math.fround(upperWeight * upper[column]!) + Math.fround(lowerWeight * lower[column]!);
      }
    }
  }
  return output;
}

function scaleRow(
  picture: Picture,
  row: number,
  channel: number,
  offset: number,
  across: Taps,
  target: Float32Array,
): void {
  const start = row * picture.width * 3 + channel - offset * 3;
  for (let column = 0; column < target.length; column++) {
    const left = EIGHT_BIT[picture.pixels[start + across.first[column]! * 3]!]!;
    const rightWeight = across.secondWeight[column]!;
    if (rightWeight === 0) {
      target[column] = left;
      continue;
    }
    const right = EIGHT_BIT[picture.pixels[start + across.second[column]! * 3]!]!;
    target[column] =
      Math.fround(across.firstWeight[column]! * left) + Math.fround(rightWeight * right);
  }
}

/** Darknet's load_image: (float) byte / 255., rounded to float once. */
const EIGHT_BIT = Float32Array.from({ length: 256 }, (_, value) => value / 255);
