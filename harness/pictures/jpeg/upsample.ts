/**
 * Brings a component that was sampled more coarsely to the picture's size, a row at a time, with the
 * weights and the rounding of Darknet's decoder (stb_image.h, stbi__resample_row_*).
 */

/** Rows of a component; `far` is the neighbour that the wanted row leans to, or `near` itself. */
type Widen = (near: Uint8Array, far: Uint8Array, count: number, target: Uint8Array) => void;

export interface CoarseRows {
  readonly samples: Uint8Array;
  readonly stride: number;
  /** Samples that belong to the picture. */
  readonly width: number;
  readonly height: number;
  /** How much coarser than the picture it is. */
  readonly across: number;
  readonly down: number;
}

/** @param target receives row `y` of the picture: `width` · `across` samples */
export function upsampledRow(rows: CoarseRows, y: number, target: Uint8Array): void {
  const { samples, stride, width, height, across, down } = rows;
  const step = (y + (down >> 1)) % down;
  const below = Math.floor((y + (down >> 1)) / down);
  const row = (index: number) => {
    const inside = Math.max(0, Math.min(index, height - 1));
    return samples.subarray(inside * stride, inside * stride + width);
  };
  // The second half of a coarse row's fine rows leans down, the first half up.
  const leansUp = step >= down >> 1;
  const [near, far] = leansUp ? [row(below), row(below - 1)] : [row(below - 1), row(below)];
  widening(across, down)(near, far, width, target);
}

function widening(across: number, down: number): Widen {
  if (across === 1 && down === 1)
    return (near, _, count, target) => target.set(near.subarray(0, count));
  if (across === 1 && down === 2) return blendDown;
  if (across === 2 && down === 1) return blendAcross;
  if (across === 2 && down === 2) return blendBoth;
  return (near, _, count, target) => {
    for (let index = 0; index < count; index++) {
      target.fill(near[index]!, index * across, (index + 1) * across);
    }
  };
}

const blendDown: Widen = (near, far, count, target) => {
  for (let index = 0; index < count; index++) {
    target[index] = (3 * near[index]! + far[index]! + 2) >> 2;
  }
};

const blendAcross: Widen = (near, _, count, target) => {
  const last = count - 1;
  target[0] = near[0]!;
  target[2 * last + 1] = near[last]!;
  if (last === 0) return;
  target[1] = (3 * near[0]! + near[1]! + 2) >> 2;
  for (let index = 1; index < last; index++) {
    target[2 * index] = (3 * near[index]! + near[index - 1]! + 2) >> 2;
    target[2 * index + 1] = (3 * near[index]! + near[index + 1]! + 2) >> 2;
  }
  // One expects the weights the other way round; this is what stb_image does.
  target[2 * last] = (3 * near[last - 1]! + near[last]! + 2) >> 2;
};

const blendBoth: Widen = (near, far, count, target) => {
  let before = 3 * near[0]! + far[0]!;
  target[0] = (before + 2) >> 2;
  for (let index = 1; index < count; index++) {
    const here = 3 * near[index]! + far[index]!;
    target[2 * index - 1] = (3 * before + here + 8) >> 4;
    target[2 * index] = (3 * here + before + 8) >> 4;
    before = here;
  }
  target[2 * count - 1] = (before + 2) >> 2;
};
