/**
 * Remembers where the state of each testbed lies that this user has brought up: names on the machine
 * hold only a hash of that, and `down --orphans` must know whose they are.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ownerId } from '../machine/node-steps.ts';

function ownersFolder(): string {
  const state = process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state');
  return join(state, 'tilebed/owners');
}

/** Without a home there is no record, and nothing but `down --orphans` misses it. */
export async function rememberOwner(stateFolder: string): Promise<void> {
  const folder = ownersFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
  await writeFile(join(folder, ownerId(stateFolder)), stateFolder, { mode: 0o600 }).catch(() => {});
}

export async function forgetOwner(stateFolder: string): Promise<void> {
  await rm(join(ownersFolder(), ownerId(stateFolder)), { force: true }).catch(() => {});
}

/** Undefined where this user has brought up no such testbed. */
export async function knownOwner(id: string): Promise<string | undefined> {
  return readFile(join(ownersFolder(), id), 'utf8').catch(() => undefined);
}
