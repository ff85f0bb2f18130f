/** Why a place cannot be written to, in words, where the place is to blame. */
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

/** A TilebedError (FAILED); or the cause itself, where it is another. */
export function writeFault(path: string, cause: unknown): unknown {
  const reason = REASONS[(cause as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) return cause;
  return new TilebedError('FAILED', `cannot write ${path}: ${reason}`, { cause });
}
