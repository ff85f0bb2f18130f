/** A folder that somebody has named, with those above it. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TilebedError } from '../runtime/errors.ts';
import { writeFault } from './write-fault.ts';

/**
 * Rejects with a TilebedError (FAILED) where none can be. Level by level: in /proc, where a folder that is there
 * takes no new ones and says that it is not there, Node's own `recursive` tries for ever.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  await mkdir(folder).catch(async (cause: NodeJS.ErrnoException) => {
    // Somebody else was first.
    if (cause.code === 'EEXIST' && (await isFolder(folder))) return;
    if (cause.code === 'EEXIST') {
      throw new TilebedError('FAILED', `${folder} is no folder`, { cause });
    }
    if (cause.code === 'ENOENT') {
      throw new TilebedError('FAILED', `cannot make ${folder}: ${above} takes no folders`, {
        hint: 'name one on a disk',
        cause,
      });
    }
    throw writeFault(folder, cause);
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
