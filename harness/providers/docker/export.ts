/** Images as a file, for carrying to machines without a registry: whole, or not there. */
import { access, constants, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TilebedError } from '../../../runtime/errors.ts';
import { writeImages } from '../../image/image-archive.ts';
import type { Engine } from './engine.ts';
import type { NodeImage } from './image.ts';

/** Before the work: rejects with a TilebedError (INPUT) where nothing can be written. */
export async function checkTarget(file: string): Promise<void> {
  const existing = await stat(file).catch(() => undefined);
  if (existing !== undefined && !existing.isFile()) {
    throw new TilebedError('INPUT', `cannot write ${file}: it is no file`, {
      hint: 'name a file in it, such as node.tar',
    });
  }
  await access(dirname(file), constants.W_OK).catch((cause: Error) => {
    throw new TilebedError('INPUT', `cannot write ${file}: ${cause.message}`, {
      cause,
      hint: 'name a folder that is there, and that you may write to',
    });
  });
}

/** Only those upon another image must be in the engine. Returns the file's size; rejects with a TilebedError (FAILED). */
export async function exportImages(
  engine: Engine,
  images: readonly NodeImage[],
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const partial = `${file}.partial`;
  try {
    if (images.some(({ base }) => base !== undefined)) {
      const tags = images.map(({ tag }) => tag);
      await engine.run(['save', '--output', partial, ...tags], { signal });
    } else await writeImages(images, partial, { compress: true, signal });
    await rename(partial, file);
    return (await stat(file)).size;
  } catch (error) {
    throw diskProblem(error, file) ?? error;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Only errors of files name a system call. */
function diskProblem(error: unknown, file: string): TilebedError | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  const isFull = 'code' in error && error.code === 'ENOSPC';
  return new TilebedError('FAILED', `cannot write ${file}: ${error.message}`, {
    cause: error,
    ...(isFull
      ? { hint: 'free space there and in the folder for temporary files, or set TMPDIR' }
      : {}),
  });
}
