/** Testbeds of this machine of which an engine holds something, by their labels. */
import { hostname } from 'node:os';
import { ownerId } from '../../machine/node-steps.ts';
import type { OwnerMark } from '../provider.ts';
import { Engine } from './engine.ts';
import { allKnownEngines } from './known-engines.ts';
import { OWNER_LABEL } from './names.ts';

/** Engines that do not answer are left out: `doctor` tells what is wrong with them. */
export async function containerOwners(): Promise<readonly OwnerMark[]> {
  const others = (await allKnownEngines()).map((host) => new Engine({ host }));
  const folders = await Promise.all([new Engine(), ...others].map(stateFolders));
  return [...new Set(folders.flat())].map((stateFolder) => ({
    id: ownerId(stateFolder),
    stateFolder,
  }));
}

async function stateFolders(engine: Engine): Promise<readonly string[]> {
  const own = `${hostname()}:`;
  const folders: string[] = [];
  for (const kind of ['container', 'volume', 'network'] as const) {
    const all = kind === 'container' ? ['--all'] : [];
    const format = `{{.Label "${OWNER_LABEL}"}}`;
    const { exitCode, stdout } = await engine.try([kind, 'ls', ...all, '--format', format]);
    if (exitCode !== 0) return [];
    const owners = stdout.split('\n').filter((owner) => owner.startsWith(own));
    folders.push(...owners.map((owner) => owner.slice(own.length)));
  }
  return folders;
}
