/** Finds processes by the mark that the transport put into their environment. */
import { readdir, readFile } from 'node:fs/promises';

const OWNER_VARIABLE = 'TILEBED_OWNER';
const NODE_VARIABLE = 'TILEBED_NODE';

/** The mark of a node's processes. */
export function ownerMark(owner: string, node: string): Readonly<Record<string, string>> {
  return { [OWNER_VARIABLE]: owner, [NODE_VARIABLE]: node };
}

/**
 * Ids of all living processes that carry the mark, children of children included: of one node, or of
 * all the owner's.
 */
export async function ownedProcesses(owner: string, node?: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const ids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const marks = [
    `${OWNER_VARIABLE}=${owner}`,
    ...(node === undefined ? [] : [`${NODE_VARIABLE}=${node}`]),
  ];
  const owned: number[] = [];
  for (const id of ids) {
    // Another user's process cannot be read, and is none of ours.
    const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
    const variables = environment.split('\0');
    if (marks.every((mark) => variables.includes(mark))) owned.push(id);
  }
  return owned.filter((id) => id !== process.pid);
}
