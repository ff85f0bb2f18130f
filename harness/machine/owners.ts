/** Whose testbeds have left marks on this machine: found in processes and control groups. */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { OwnerMark } from '../providers/provider.ts';
import { findControlGroups, groupsWithPrefix } from './control-groups.ts';
import { OWNER_PREFIX, ownerId } from './node-steps.ts';
import { ownerOf } from './owned-processes.ts';

/** Of everything that carries an owner's prefix, such as `tilebed-0123456789ab-edge0`. */
export function ownerIdIn(name: string): string | undefined {
  const id = name.startsWith(OWNER_PREFIX) ? name.slice(OWNER_PREFIX.length) : '';
  return /^([0-9a-f]{12})(-|$)/.exec(id)?.[1];
}

export async function machineOwners(): Promise<readonly OwnerMark[]> {
  const groups = await groupsWithPrefix(await findControlGroups(), OWNER_PREFIX);
  const ids = groups.flatMap((folder) => ownerIdIn(basename(folder)) ?? []);
  return [...(await processOwners()), ...ids.map((id) => ({ id }))];
}

async function processOwners(): Promise<readonly OwnerMark[]> {
  const entries = await readdir('/proc').catch(() => []);
  const marks: OwnerMark[] = [];
  for (const entry of entries.filter((entry) => /^\d+$/.test(entry))) {
    const stateFolder = await ownerOf(Number(entry));
    if (stateFolder === undefined) continue;
    const alive = await hasLivingHarness(entry);
    marks.push({ id: ownerId(stateFolder), stateFolder, ...(alive ? { alive } : {}) });
  }
  return marks;
}

/** Its parent is a tilebed that still runs: whoever outlived theirs was given to another. */
async function hasLivingHarness(id: string): Promise<boolean> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
  const command = await readFile(`/proc/${parent}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').some((word) => /^tilebed(\.js)?$/.test(basename(word)));
}
