/**
 * Reads JPEG and PNG as Darknet sees them: the stored pixels, 8 bits, RGB. EXIF rotation and embedded
 * colour profiles are not applied, since Darknet applies neither and detections would differ from its;
 * an alpha channel is dropped, and greys become three equal channels.
 */
import { readFile } from 'node:fs/promises';
import { TilebedError } from '../../runtime/errors.ts';
import type { Picture } from '../../runtime/frames/picture.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { loadSharp } from './sharp.ts';

const FORMATS: readonly string[] = ['jpeg', 'png'];

/** Rejects with a TilebedError (INPUT) that says why the file is no picture that can be used. */
export async function readPicture(path: string): Promise<Picture> {
  const bytes = await readFile(path).catch((cause) => {
    throw new TilebedError('INPUT', `cannot read the picture ${path}: ${reason(cause)}`, { cause });
  });
  // Undefined of a PNG, and of a JPEG so rare or damaged that the library shall judge it.
  return decodeJpeg(bytes) ?? decodeWithLibrary(bytes, path);
}

async function decodeWithLibrary(bytes: Uint8Array, path: string): Promise<Picture> {
  const sharp = await loadSharp();
  const image = sharp(bytes, { autoOrient: false, ignoreIcc: true, failOn: 'error' });
  const metadata = await image.metadata().catch((cause) => {
    throw new TilebedError('INPUT', `${path} is neither a JPEG nor a PNG picture`, { cause });
  });
  if (!FORMATS.includes(metadata.format)) {
    throw new TilebedError('INPUT', `${path} is a ${metadata.format} picture`, {
      hint: 'convert it to JPEG or PNG',
    });
  }
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      throw new TilebedError('INPUT', `${path} is damaged: ${reason(cause)}`, { cause });
    });
  return { width: info.width, height: info.height, pixels: data };
}

/** The library's own words, of which the first line tells enough. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error);
}
