/** How machines are reached, as `vagrant ssh-config` tells it: kept as a file that `ssh -F` takes too. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshHost } from '../../transports/ssh/host.ts';
import { writeWhole } from '../../write-whole.ts';
import type { ProviderContext } from '../provider.ts';
import { ownVagrant } from './settings.ts';
import { runVagrant } from './vagrant-command.ts';

export function sshConfigFile(context: Pick<ProviderContext, 'stateFolder'>): string {
  return join(ownVagrant(context).folder, 'ssh-config');
}

/** By node; empty where the machines have not been made. */
export async function readSshHosts(
  context: Pick<ProviderContext, 'stateFolder'>,
): Promise<ReadonlyMap<string, SshHost>> {
  const text = await readFile(sshConfigFile(context), 'utf8').catch(() => '');
  return parseSshConfig(text, join(ownVagrant(context).folder, 'known-hosts'));
}

/** Asks Vagrant anew, and writes down what it says. */
export async function writeSshConfig(
  context: Pick<ProviderContext, 'stateFolder'>,
  signal: AbortSignal,
): Promise<void> {
  const lines = await runVagrant(context, ['ssh-config'], { signal });
  const blocks = lines
    .filter(({ type }) => type === 'ssh-config')
    .map(({ data }) => data.join(','));
  await writeWhole(sshConfigFile(context), blocks.map((block) => `${block.trim()}\n`).join('\n'));
}

/**
 * @param knownHostsFile the testbed's own: machines that are made anew have new keys, and their addresses
 *   return
 */
export function parseSshConfig(text: string, knownHostsFile: string): ReadonlyMap<string, SshHost> {
  const hosts = new Map<string, SshHost>();
  for (const block of text.split(/^(?=Host )/m)) {
    const value = (key: string) => new RegExp(`^\\s*${key} +"?(.*?)"?\\s*$`, 'm').exec(block)?.[1];
    const [name, address, user] = [value('Host'), value('HostName'), value('User')];
    if (name === undefined || address === undefined || user === undefined) continue;
    const keyFile = value('IdentityFile');
    hosts.set(name, {
      address,
      user,
      port: Number(value('Port') ?? 22),
      ...(keyFile === undefined ? {} : { keyFile }),
      hostKeys: 'accept-new',
      knownHostsFile,
    });
  }
  return hosts;
}
