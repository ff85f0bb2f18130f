/** Writes a file so that nobody, not even after a crash, ever reads half of it. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { writeFault } from './write-fault.ts';

/** Rejects with a TilebedError (FAILED) where the place is to blame. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw writeFault(path, cause);
  }
}
