/** One command at a time works on a testbed: a file that names the process which does. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
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
    // Its holder died without a goodbye.
    await rm(path, { force: true });
  }
  throw new TilebedError('FAILED', `cannot lock ${path}`);
}

async function create(path: string, purpose: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o600);
    await handle.writeFile(JSON.stringify({ pid: process.pid, purpose }));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<{ pid: number; purpose: string } | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as { pid: number; purpose: string };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
