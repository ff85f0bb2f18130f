/**
 * What is left, here or on machines that tilebed has been told of, of testbeds that nobody can take down
 * any more, because the folder with their state is gone. A testbed whose state is there, or at which a command works, is none of them.
 */
import { basename, dirname, join } from 'node:path';
import { pathExists } from '../path-exists.ts';
import type { OwnerMark, Provider, ProviderContext } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Testbed } from '../spec/resolved.ts';
import { lockHolder } from './lock.ts';
import { forgetOwner, knownOwner } from './owners.ts';
import { partsOf } from './parts.ts';

export interface Orphan {
  readonly stateFolder: string;
  /** Names of the providers that have found something of it. */
  readonly providers: readonly string[];
}

export interface Orphans {
  readonly orphans: readonly Orphan[];
  /** Owners of whom nothing but a hash is known: perhaps another user's living testbeds. */
  readonly unknown: readonly string[];
}

interface Found {
  readonly marks: readonly OwnerMark[];
  readonly providers: readonly string[];
}

/** @param testbed looks at the machines that it names, too */
export async function findOrphans(testbed?: Testbed): Promise<Orphans> {
  const orphans: Orphan[] = [];
  const unknown: string[] = [];
  for (const [id, { marks, providers }] of await findOwners(testbed)) {
    if (marks.some(({ alive }) => alive === true)) continue;
    const told = marks.find(({ stateFolder }) => stateFolder !== undefined)?.stateFolder;
    const stateFolder = told ?? (await knownOwner(id));
    if (stateFolder === undefined) unknown.push(id);
    else if (!(await isAlive(stateFolder))) orphans.push({ stateFolder, providers });
  }
  return { orphans, unknown };
}

/** Returns what was removed. */
export async function removeOrphan({ stateFolder, providers }: Orphan): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const provider of PROVIDERS.filter(({ name }) => providers.includes(name))) {
    removed.push(...(await provider.down(contextOfOrphan(provider, stateFolder))));
  }
  await forgetOwner(stateFolder);
  return removed;
}

async function findOwners(testbed?: Testbed): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  const parts = testbed === undefined ? [] : partsOf(testbed);
  for (const provider of PROVIDERS) {
    const part = parts.find((each) => each.provider === provider);
    for (const mark of (await provider.owners?.(part?.context.testbed)) ?? []) {
      const { marks = [], providers = [] } = found.get(mark.id) ?? {};
      found.set(mark.id, {
        marks: [...marks, mark],
        providers: providers.includes(provider.name) ? providers : [...providers, provider.name],
      });
    }
  }
  return found;
}

/** Half a state is a state: by its file `down` takes such a testbed down. */
async function isAlive(stateFolder: string): Promise<boolean> {
  if (await pathExists(stateFolder)) return true;
  return (await lockHolder(`${stateFolder}.lock`)) !== undefined;
}

/** Marks alone tell what was a testbed's; its file need not be there any more. */
function contextOfOrphan({ name }: Provider, stateFolder: string): ProviderContext {
  return {
    stateFolder,
    testbed: {
      name: basename(stateFolder),
      file: join(dirname(dirname(stateFolder)), 'testbed.yaml'),
      text: '',
      seed: 1,
      provider: name as ProviderContext['testbed']['provider'],
      subnet: '10.10.10.0/24',
      tolerate: [],
      security: 'psk',
      nodes: [],
      providerBlock: {},
    },
  };
}
