/** Binary PPM (P6, 8 bits): how a frame lies on a node, readable without any library. */
import { TilebedError } from '../errors.ts';
import type { Picture } from './picture.ts';

const MAX_PIXELS = 2 ** 28;
/** Magic, then width, height and maximum, parted by white space and comments; one blank ends it. */
const HEADER =
  /^P6(?:\s|#[^\n]*\n)+(\d{1,6})(?:\s|#[^\n]*\n)+(\d{1,6})(?:\s|#[^\n]*\n)+(\d{1,5})\s/;

export function encodePpm({ width, height, pixels }: Picture): Uint8Array {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
}

/** Throws a TilebedError (INPUT) naming `file`; the pixels are a view of `bytes`. */
export function decodePpm(bytes: Uint8Array, file: string): Picture {
  const match = HEADER.exec(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1'),
  );
  if (match === null) throw new TilebedError('INPUT', `${file} is not a binary PPM (P6)`);
  const [width, height, maximum] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (maximum !== 255) throw new TilebedError('INPUT', `${file} has ${maximum} levels, not 255`);
  if (width < 1 || height < 1 || width * height > MAX_PIXELS) {
    throw new TilebedError('INPUT', `${file} claims an impossible size of ${width}x${height}`);
  }
  const pixels = bytes.subarray(match[0].length);
  if (pixels.length !== width * height * 3) {
    throw new TilebedError(
      'INPUT',
      `${file} holds ${pixels.length} bytes of pixels, not ${width * height * 3}`,
    );
  }
  return { width, height, pixels };
}
