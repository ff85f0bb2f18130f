/** What is left of a testbed on this machine, found by looking at the machine. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findControlGroups, groupsWithPrefix } from '../../harness/machine/control-groups.ts';
import { ownPrefix } from '../../harness/machine/node-steps.ts';
import { ownedProcesses } from '../../harness/machine/owned-processes.ts';

/** Folders, control groups and processes. */
export async function remainsOfNodes(stateFolder: string): Promise<readonly string[]> {
  const folders = await readdir(join(stateFolder, 'nodes')).catch(() => []);
  const groups = await groupsWithPrefix(await findControlGroups(), ownPrefix({ stateFolder }));
  const processes = await ownedProcesses(stateFolder);
  return [...folders, ...groups, ...processes.map(String)];
}
