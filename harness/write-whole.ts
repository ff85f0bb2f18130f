/** Writes a file so that nobody, not even after a crash, ever reads half of it. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { TilebedError } from '../runtime/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'this file system cannot be written to',
  ENOSPC: 'no space is left on the disk',
};

/** Rejects with a TilebedError (FAILED) where the place is to blame. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    const reason = REASONS[(cause as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw cause;
    throw new TilebedError('FAILED', `cannot write ${path}: ${reason}`, { cause });
  }
}
