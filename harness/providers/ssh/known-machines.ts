/**
 * Machines on which a testbed has been: kept until it is down, so that a node which its file no longer has
 * is still cleaned, and so is all of it when the folder with its state is gone. Nothing that is in the
 * testbed's file is found by this alone.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ownerId } from '../../machine/node-steps.ts';
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

type Owner = Pick<ProviderContext, 'stateFolder'>;

interface MachineRecord {
  readonly stateFolder: string;
  readonly machines: readonly KnownMachine[];
}

export async function rememberedMachines({ stateFolder }: Owner): Promise<readonly KnownMachine[]> {
  return (await readRecord(recordFile(stateFolder)))?.machines ?? [];
}

/** No machines: the record is removed. */
export async function rememberMachines(
  { stateFolder }: Owner,
  machines: readonly KnownMachine[],
): Promise<void> {
  const file = recordFile(stateFolder);
  if (machines.length === 0) {
    await rm(file, { force: true });
    return;
  }
  await mkdir(recordsFolder(), { recursive: true, mode: 0o700 });
  await writeWhole(file, `${JSON.stringify({ stateFolder, machines }, null, 2)}\n`);
}

/** State folders of all testbeds of this user's that have machines. */
export async function rememberedTestbeds(): Promise<readonly string[]> {
  const files = await readdir(recordsFolder()).catch(() => []);
  const records = await Promise.all(files.map((file) => readRecord(join(recordsFolder(), file))));
  return records.flatMap((record) => record?.stateFolder ?? []);
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

function recordsFolder(): string {
  const state = process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state');
  return join(state, 'tilebed/machines');
}

function recordFile(stateFolder: string): string {
  return join(recordsFolder(), `${ownerId(stateFolder)}.json`);
}

async function readRecord(file: string): Promise<MachineRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as MachineRecord;
  } catch {
    return undefined;
  }
}
