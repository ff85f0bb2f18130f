/** Runs Vagrant in a testbed's own folder, and finds what an earlier harness left running there. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { TilebedError } from '../../../runtime/errors.ts';
import { endedBy, untilBegun } from '../../machine/command.ts';
import { endProcesses, ownedProcesses, ownerMark } from '../../machine/owned-processes.ts';
import type { ProviderContext } from '../provider.ts';
import { ownVagrant } from './settings.ts';
import {
  failureOf,
  missingBox,
  parseVagrantLine,
  progressOf,
  type VagrantLine,
} from './vagrant-output.ts';

/** In place of a node's name: what Vagrant does is for all of them. */
const MARK = 'vagrant';
/** VirtualBox's own services inherit the mark, and belong to everybody. */
const SERVICES = /^(VBoxSVC|VBoxXPCOMIPCD|VBoxHeadless|VBoxNetDHCP|VBoxNetNAT)/;
/** Vagrant takes back what it is at when it is asked to end. */
const END_PATIENCE_MS = 20_000;

export interface VagrantOptions {
  readonly signal?: AbortSignal;
  readonly say?: ((text: string) => void) | undefined;
}

/**
 * Without a signal it goes on to its end, whatever comes from the terminal. Rejects with a TilebedError:
 * FAILED in Vagrant's own words, MISSING where there is no Vagrant.
 */
export async function runVagrant(
  context: Pick<ProviderContext, 'stateFolder'>,
  args: readonly string[],
  options: VagrantOptions = {},
): Promise<readonly VagrantLine[]> {
  const start = () => startVagrant(context, args, options);
  const { lines, exitCode, stderr, message } = await untilBegun(start, options.signal);
  if (exitCode === 0) return lines;
  const reason = failureOf(lines) ?? (stderr.trim() || message);
  const box = missingBox(reason);
  if (box !== undefined) {
    throw new TilebedError('MISSING', `Vagrant does not have the box ${box}, and cannot fetch it`, {
      hint: 'name another one as `box:` under `vagrant:`; `tilebed box build` makes tilebed/debian12',
    });
  }
  throw new TilebedError(
    exitCode === undefined ? 'MISSING' : 'FAILED',
    `vagrant ${args.join(' ')}: ${reason}`,
  );
}

async function startVagrant(
  context: Pick<ProviderContext, 'stateFolder'>,
  args: readonly string[],
  { signal, say }: VagrantOptions,
) {
  const { folder } = ownVagrant(context);
  const child = execa('vagrant', [...args, '--machine-readable'], {
    cwd: folder,
    env: {
      VAGRANT_CWD: folder,
      VAGRANT_CHECKPOINT_DISABLE: '1',
      VAGRANT_NO_COLOR: '1',
      LC_ALL: 'C.UTF-8',
      ...ownerMark(context.stateFolder, MARK),
    },
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: END_PATIENCE_MS,
    ...endedBy(signal),
  });
  const lines: VagrantLine[] = [];
  for await (const text of child) {
    const line = parseVagrantLine(text);
    if (line === undefined) continue;
    lines.push(line);
    const progress = progressOf(line);
    if (progress !== undefined) say?.(progress);
  }
  const { exitCode, stderr, message = '', signal: endedWith } = await child;
  return { lines, exitCode, stderr, message, signal: endedWith };
}

/** Ids of processes that a harness which died has left. */
export async function leftVagrants({
  stateFolder,
}: Pick<ProviderContext, 'stateFolder'>): Promise<readonly number[]> {
  const ids = await ownedProcesses(stateFolder, MARK);
  const names = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/comm`, 'utf8').catch(() => '')),
  );
  return ids.filter((_, index) => names[index] !== '' && !SERVICES.test(names[index]!));
}

export function endVagrants(
  context: Pick<ProviderContext, 'stateFolder'>,
): Promise<readonly number[]> {
  return endProcesses(() => leftVagrants(context));
}
