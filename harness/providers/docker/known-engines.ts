/**
 * Engines that testbeds are on, where those are not the one that `docker` itself takes: remembered for the
 * user, beside the testbeds' state and beyond it, so that what is on them is found when a testbed's file
 * has changed or is gone.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ownerId } from '../../machine/node-steps.ts';
import { writeWhole } from '../../write-whole.ts';
import type { ProviderContext, Step } from '../provider.ts';
import type { Site } from './sites.ts';

type Owner = Pick<ProviderContext, 'stateFolder'>;

function recordsFolder(): string {
  const state = process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state');
  return join(state, 'tilebed/engines');
}

function recordOf({ stateFolder }: Owner): string {
  return join(recordsFolder(), ownerId(stateFolder));
}

/** Those that it is on now, and those that it may have been on before. */
export async function rememberStep(owner: Owner, sites: readonly Site[]): Promise<Step> {
  const before = await knownEngines(owner);
  const addresses = sites.flatMap(({ engine: { address } }) => address ?? []);
  const all = [...new Set([...before, ...addresses])];
  return {
    title: 'remember which engines it is on',
    actions: [['write', recordOf(owner), JSON.stringify(all)]],
    done: async () => all.length === before.length,
    apply: async () => {
      await mkdir(recordsFolder(), { recursive: true, mode: 0o700 });
      await writeWhole(recordOf(owner), JSON.stringify(all));
    },
  };
}

export async function knownEngines(owner: Owner): Promise<readonly string[]> {
  return read(recordOf(owner));
}

/** Of all testbeds of this user. */
export async function allKnownEngines(): Promise<readonly string[]> {
  const names = await readdir(recordsFolder()).catch(() => []);
  const lists = await Promise.all(names.map((name) => read(join(recordsFolder(), name))));
  return [...new Set(lists.flat())];
}

export async function forgetEngines(owner: Owner): Promise<void> {
  await rm(recordOf(owner), { force: true });
}

async function read(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  return JSON.parse(text) as readonly string[];
}
