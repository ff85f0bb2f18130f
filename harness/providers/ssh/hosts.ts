/** Where a testbed's nodes are reached, and what belongs to the testbed there. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import type { Testbed } from '../../spec/resolved.ts';
import type { SshBlock } from '../../spec/ssh.ts';
import type { SshHost } from '../../transports/ssh/host.ts';
import type { ProviderContext } from '../provider.ts';

/** Checked by the testbed's own schema. */
export function sshBlock({ providerBlock }: Pick<Testbed, 'providerBlock'>): SshBlock {
  return providerBlock as SshBlock;
}

type Login = Pick<SshBlock, 'port' | 'user' | 'key' | 'password' | 'jump'>;

/** The node's own settings before those of all, and the testbed address where there is no other. */
export function hostOf(
  testbed: Pick<Testbed, 'providerBlock' | 'file'>,
  node: { readonly name: string; readonly address: string },
): SshHost {
  const block = sshBlock(testbed);
  const own = block.hosts?.[node.name] ?? {};
  const { port, user, key, password, jump }: Login = { ...block, ...own };
  const common = {
    hostKeys: block.hostKeys ?? ('ask' as const),
    knownHostsFile: filePath(testbed, block.knownHosts ?? '~/.ssh/known_hosts'),
  };
  const reached = (address: string, login: Omit<Login, 'jump'>): SshHost => ({
    ...common,
    address,
    port: login.port ?? 22,
    user: login.user ?? userInfo().username,
    ...(login.key === undefined ? {} : { keyFile: filePath(testbed, login.key) }),
    ...(login.password === undefined ? {} : { askPassword: true }),
  });
  return {
    ...reached(own.address ?? node.address, {
      ...(port === undefined ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      ...(key === undefined ? {} : { key }),
      ...(password === undefined ? {} : { password }),
    }),
    // Once tilebed has given it its address, the one of before may be gone.
    ...(block.netplan !== undefined && own.address !== undefined && own.address !== node.address
      ? { alsoAt: node.address }
      : {}),
    ...(jump === undefined ? {} : { jump: reached(jump.address, { ...loginOf(block), ...jump }) }),
  };
}

/** A jump host takes user and key from the testbed where it has none of its own, but not the port. */
function loginOf({ user, key }: SshBlock): Omit<Login, 'jump'> {
  return { ...(user === undefined ? {} : { user }), ...(key === undefined ? {} : { key }) };
}

/** Relative to the testbed's file; `~` is this user's home. */
export function filePath({ file }: Pick<Testbed, 'file'>, path: string): string {
  return path === '~' || path.startsWith('~/')
    ? join(homedir(), path.slice(1))
    : resolve(dirname(file), path);
}

/** Names of what a testbed owns on its machines: they follow from this machine and its state folder. */
export interface OwnNames {
  /** Twelve digits. */
  readonly id: string;
  /** Says in listings whose it is. */
  readonly label: string;
  /** On each machine, the folder of all that is the testbed's. */
  readonly folder: string;
}

export function ownNames({ stateFolder }: Pick<ProviderContext, 'stateFolder'>): OwnNames {
  const id = createHash('sha256')
    .update(`${machineId()} ${stateFolder}`)
    .digest('hex')
    .slice(0, 12);
  return {
    id,
    label: ownLabel(stateFolder),
    folder: `/var/tmp/tilebed-${id}`,
  };
}

/** What is written on machines for people, and for `down --orphans`. */
export function ownLabel(stateFolder: string): string {
  return `tilebed of ${hostname()}: ${stateFolder}`;
}

/** Two harnesses may keep their testbeds in folders of the same name. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return hostname();
  }
}

export interface NodePaths {
  /** The node's own folder. */
  readonly folder: string;
  /** The script that every command on the node goes through. */
  readonly enter: string;
  /** The Node.js that tilebed brings. */
  readonly bundledNode: string;
}

export function nodePaths({ folder }: OwnNames, node: string): NodePaths {
  return {
    folder: posix.join(folder, 'nodes', node),
    enter: posix.join(folder, 'enter', node),
    bundledNode: posix.join(folder, 'bin/node'),
  };
}
