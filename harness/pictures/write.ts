/** Writes a picture as JPEG or PNG, whichever the file's extension says. */
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { Picture } from '../../runtime/frames/picture.ts';
import { loadSharp } from './sharp.ts';

const FORMATS: Readonly<Record<string, 'jpeg' | 'png'>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
};
const JPEG_QUALITY = 90;

/** Throws a TilebedError (INPUT) for an extension that is not one of a JPEG or PNG. */
export function pictureFormat(path: string): 'jpeg' | 'png' {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  throw new TilebedError('INPUT', `cannot tell what kind of picture ${path} is to be`, {
    hint: `extensions: ${Object.keys(FORMATS).join(', ')}`,
  });
}

/** Rejects with a TilebedError: INPUT for the extension, FAILED where the file cannot be written. */
export async function writePicture(path: string, picture: Picture): Promise<void> {
  const format = pictureFormat(path);
  const { width, height, pixels } = picture;
  const sharp = await loadSharp();
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const bytes = await (format === 'png'
    ? image.png()
    : // Lines of one pixel keep their colour only where colours are not halved.
      image.jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
  ).toBuffer();
  await writeFile(path, bytes).catch((cause) => {
    throw new TilebedError('FAILED', `cannot write the picture ${path}: ${cause.message}`, {
      cause,
    });
  });
}
