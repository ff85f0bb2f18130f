/** Gives a source its frames, as a camera would: 8-bit pictures, one after another. */
import { readFile } from 'node:fs/promises';
import { TilebedError } from '../errors.ts';
import { generatePicture } from '../frames/generate.ts';
import type { Picture } from '../frames/picture.ts';
import { decodePpm } from '../frames/ppm.ts';
import type { FrameSource } from './config.ts';

export async function readFrame(source: FrameSource): Promise<Picture> {
  if (source.kind === 'generated') return generatePicture(source);
  const bytes = await readFile(source.path).catch((cause) => {
    throw new TilebedError('FAILED', `cannot read the frame ${source.path}`, { cause });
  });
  return decodePpm(bytes, source.path);
}
