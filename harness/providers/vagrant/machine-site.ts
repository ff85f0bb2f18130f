/** Where in a machine tilebed's things lie, and how it is reached. */
import { posix } from 'node:path';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { SshHost } from '../../transports/ssh/host.ts';
import { SshTransport } from '../../transports/ssh.ts';
import type { ProviderContext } from '../provider.ts';
import { readSshHosts } from './ssh-config.ts';

/** Of every user: boxes have different ones. The machine is the testbed's own, and so is this. */
const FOLDER = '/var/tmp/tilebed';

export function machineFolder({ testbed }: Pick<ProviderContext, 'testbed'>): string {
  return posix.join(FOLDER, testbed.name);
}

/** The Node.js executable. */
export function machineNode(context: Pick<ProviderContext, 'testbed'>): string {
  return posix.join(machineFolder(context), 'bin/node');
}

export async function machineTransport(
  context: ProviderContext,
  spec: Pick<TestbedNode, 'name' | 'address'>,
): Promise<SshTransport> {
  const hosts = await readSshHosts(context);
  return new SshTransport({ host: hosts.get(spec.name) ?? unmade(spec), launcher: [] });
}

/** A machine that has not been made yet does not answer, and is told of by its address. */
function unmade({ address }: Pick<TestbedNode, 'address'>): SshHost {
  return { address, port: 22, user: 'vagrant', hostKeys: 'strict', knownHostsFile: '/dev/null' };
}
