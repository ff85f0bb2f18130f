/** One command at a time works on a testbed: a file that names the process which does. */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { isAlive } from '../machine/owned-processes.ts';
import type { Testbed } from '../spec/resolved.ts';
import { stateFolder } from './state.ts';

export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

/** Rejects with a TilebedError (FAILED) while another living process works on the testbed. */
export function lockTestbed(
  testbed: Pick<Testbed, 'file' | 'name'>,
  purpose: string,
): Promise<Lock> {
  // Beside the state folder and not in it: `down` removes that.
  return lockFile(`${stateFolder(testbed)}.lock`, purpose);
}

async function lockFile(path: string, purpose: string): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, purpose)) {
      const release = () => rm(path, { force: true });
      return { release, [Symbol.asyncDispose]: release };
    }
    const holder = await readHolder(path);
    if (holder !== undefined && isAlive(holder.pid)) {
      throw new TilebedError(
        'FAILED',
        `\`tilebed ${holder.purpose}\` works on this testbed (process ${holder.pid})`,
        { hint: 'wait until it has ended, or end it' },
      );
    }
    await removeStale(path);
  }
  throw new TilebedError('FAILED', `cannot lock ${path}`);
}

/** A lock appears with its content or not at all: one that is empty would look like that of the dead. */
async function create(path: string, purpose: string): Promise<boolean> {
  const own = `${path}.${process.pid}`;
  await writeFile(own, JSON.stringify({ pid: process.pid, purpose }), { mode: 0o600 });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Its holder died without a goodbye; but another command may have removed it, and locked, just now. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => {});
  const holder = await readHolder(aside);
  if (holder !== undefined && isAlive(holder.pid)) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function readHolder(path: string): Promise<{ pid: number; purpose: string } | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as { pid: number; purpose: string };
  } catch {
    return undefined;
  }
}

/** The living process that holds a lock; undefined where there is none. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const holder = await readHolder(path);
  return holder !== undefined && isAlive(holder.pid) ? holder.pid : undefined;
}
