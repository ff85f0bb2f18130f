/**
 * Machines on which a testbed has been: kept until it is down, so that a node which its file no longer has
 * is still cleaned. What the file has is found without this.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshHost } from '../../transports/ssh/host.ts';
import { writeWhole } from '../../write-whole.ts';
import type { ProviderContext } from '../provider.ts';
import { hostOf } from './hosts.ts';

export interface KnownMachine {
  readonly node: string;
  readonly host: SshHost;
}

export function wantedMachines({ testbed }: ProviderContext): readonly KnownMachine[] {
  return testbed.nodes.map((node) => ({ node: node.name, host: hostOf(testbed, node) }));
}

export async function rememberedMachines(
  context: ProviderContext,
): Promise<readonly KnownMachine[]> {
  try {
    return JSON.parse(await readFile(file(context), 'utf8')) as readonly KnownMachine[];
  } catch {
    return [];
  }
}

export async function rememberMachines(
  context: ProviderContext,
  machines: readonly KnownMachine[],
): Promise<void> {
  await writeWhole(file(context), `${JSON.stringify(machines, null, 2)}\n`);
}

/** Those of the first list with those of the second that are not in it. */
export function union(
  first: readonly KnownMachine[],
  second: readonly KnownMachine[],
): readonly KnownMachine[] {
  const names = new Set(first.map(nameOf));
  return [...first, ...second.filter((machine) => !names.has(nameOf(machine)))];
}

/** A node on another machine than before is another node. */
export function nameOf({ node, host }: KnownMachine): string {
  return `${node} ${host.user} ${host.address} ${host.port}`;
}

function file({ stateFolder }: ProviderContext): string {
  return join(stateFolder, 'machines.json');
}
