/** The nodes' logs of the latest repetition, for `tilebed logs`: beside the testbed's state. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export function nodeLogFolder(stateFolder: string): string {
  return join(stateFolder, 'logs');
}

export function nodeLogPath(stateFolder: string, node: string): string {
  return join(nodeLogFolder(stateFolder), `${node}.log`);
}

/** Empties all logs: what stands there is always one repetition's. */
export async function startNodeLogs(stateFolder: string, nodes: readonly string[]): Promise<void> {
  await mkdir(nodeLogFolder(stateFolder), { recursive: true });
  await Promise.all(
    nodes.map((node) => writeFile(nodeLogPath(stateFolder, node), '', { mode: 0o600 })),
  );
}
