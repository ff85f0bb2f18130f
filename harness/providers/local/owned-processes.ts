/** Finds processes by the mark that the transport put into their environment. */
import { readdir, readFile } from 'node:fs/promises';

export const OWNER_VARIABLE = 'TILEBED_OWNER';

/** Ids of all living processes that carry the mark, children of children included. */
export async function ownedProcesses(owner: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const ids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const owned: number[] = [];
  for (const id of ids) {
    // Another user's process cannot be read, and is none of ours.
    const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`${OWNER_VARIABLE}=${owner}`)) owned.push(id);
  }
  return owned.filter((id) => id !== process.pid);
}
