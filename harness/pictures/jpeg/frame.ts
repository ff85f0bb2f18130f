/** A JPEG's frame: its size and components, with room for their coefficients. */
import { check } from './undecodable.ts';

export interface Component {
  readonly id: number;
  /** Blocks a unit of the interleaved scan has across and down. */
  readonly across: number;
  readonly down: number;
  readonly quantizationIndex: number;
  /** Samples that belong to the picture. */
  readonly width: number;
  readonly height: number;
  /** Blocks in a row of `coefficients`, and rows: whole units. */
  readonly blockColumns: number;
  readonly blockRows: number;
  /** 64 a block, in the order of rows. */
  readonly coefficients: Int16Array;
  /** 64 factors in the order of rows; what is in force at the component's first scan counts. */
  quantization: Uint16Array | undefined;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly maxAcross: number;
  readonly maxDown: number;
  readonly unitColumns: number;
  readonly unitRows: number;
  readonly components: readonly Component[];
}

/** Coefficients take much room: larger pictures are for a decoder that keeps none. */
const MAX_PIXELS = 2 ** 26;

/**
 * Reads the segment that starts a frame (T.81, B.2.2).
 *
 * @param fileBytes size of the whole file, which bounds what the frame may claim
 */
export function parseFrame(segment: Uint8Array, progressive: boolean, fileBytes: number): Frame {
  check(segment.length >= 6 && segment[0] === 8, 'samples of other than 8 bits');
  const height = segment[1]! * 256 + segment[2]!;
  const width = segment[3]! * 256 + segment[4]!;
  const count = segment[5]!;
  check(width > 0 && height > 0 && width * height <= MAX_PIXELS, 'an impossible size');
  check(count === 1 || count === 3, 'neither grey nor three components');
  check(segment.length === 6 + 3 * count, 'a frame of another length than it says');
  const claimed = Array.from({ length: count }, (_, index) => {
    const [id, factors, quantizationIndex] = segment.subarray(6 + 3 * index);
    return {
      id: id!,
      across: factors! >> 4,
      down: factors! & 15,
      quantizationIndex: quantizationIndex!,
    };
  });
  const maxAcross = Math.max(...claimed.map(({ across }) => across));
  const maxDown = Math.max(...claimed.map(({ down }) => down));
  for (const { across, down, quantizationIndex } of claimed) {
    check(across >= 1 && across <= 4 && maxAcross % across === 0, 'sampling by no whole number');
    check(down >= 1 && down <= 4 && maxDown % down === 0, 'sampling by no whole number');
    check(quantizationIndex <= 3, 'a table that cannot be');
  }
  const unitColumns = Math.ceil(width / (8 * maxAcross));
  const unitRows = Math.ceil(height / (8 * maxDown));
  const unitBlocks = claimed.reduce((sum, { across, down }) => sum + across * down, 0);
  // No scan writes a block with less than a bit: a small file cannot ask for much memory.
  check(unitColumns * unitRows * unitBlocks <= 8 * fileBytes, 'more blocks than bits');
  const components = claimed.map((component): Component => {
    const blockColumns = unitColumns * component.across;
    const blockRows = unitRows * component.down;
    return {
      ...component,
      width: Math.ceil((width * component.across) / maxAcross),
      height: Math.ceil((height * component.down) / maxDown),
      blockColumns,
      blockRows,
      coefficients: new Int16Array(64 * blockColumns * blockRows),
      quantization: undefined,
    };
  });
  return { width, height, progressive, maxAcross, maxDown, unitColumns, unitRows, components };
}
