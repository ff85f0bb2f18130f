/** What is left of a testbed on this machine, found by looking at the machine. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { findControlGroups, groupsWithPrefix } from '../../harness/machine/control-groups.ts';
import { ownPrefix } from '../../harness/machine/node-steps.ts';
import { ownedProcesses } from '../../harness/machine/owned-processes.ts';
import { ownNames } from '../../harness/providers/netns/names.ts';

/** Folders, control groups and processes. */
export async function remainsOfNodes(stateFolder: string): Promise<readonly string[]> {
  const folders = await readdir(join(stateFolder, 'nodes')).catch(() => []);
  const groups = await groupsWithPrefix(await findControlGroups(), ownPrefix({ stateFolder }));
  const processes = await ownedProcesses(stateFolder);
  return [...folders, ...groups, ...processes.map(String)];
}

/** Names of links and namespaces, and rules, beside what every node has. */
export async function remainsOfNamespaces(stateFolder: string): Promise<readonly string[]> {
  const { bridge, prefix } = ownNames({ stateFolder });
  const links = JSON.parse(await runCommand(['ip', '-json', 'link', 'show'])) as {
    readonly ifname: string;
  }[];
  const namespaces = await runCommand(['ip', 'netns', 'list']);
  const rules = await tryCommand(['iptables', '--list-rules']);
  return [
    ...links.map(({ ifname }) => ifname).filter((name) => name.startsWith(bridge)),
    ...namespaces.split('\n').filter((name) => name.startsWith(prefix)),
    ...rules.stdout.split('\n').filter((rule) => rule.includes(bridge)),
    ...(await remainsOfNodes(stateFolder)),
  ];
}
