/** Finds processes by the mark that the transport put into their environment. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const OWNER_VARIABLE = 'TILEBED_OWNER';
const NODE_VARIABLE = 'TILEBED_NODE';
const KILL_PATIENCE_MS = 5000;

/** The mark of a node's processes. */
export function ownerMark(owner: string, node: string): Readonly<Record<string, string>> {
  return { [OWNER_VARIABLE]: owner, [NODE_VARIABLE]: node };
}

/** Whose process that is; undefined where it carries no mark, or cannot be read. */
export async function ownerOf(id: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
  const mark = environment
    .split('\0')
    .find((variable) => variable.startsWith(`${OWNER_VARIABLE}=`));
  return mark?.slice(OWNER_VARIABLE.length + 1);
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

/** Ends all processes that `find` finds, and those that they start meanwhile; returns their ids. */
export async function endProcesses(find: () => Promise<readonly number[]>): Promise<number[]> {
  const ended = new Set<number>();
  const giveUpAt = performance.now() + KILL_PATIENCE_MS;
  for (;;) {
    const found = await find();
    if (found.length === 0 || performance.now() > giveUpAt) return [...ended];
    for (const id of found) {
      ended.add(id);
      signalProcess(id, 'SIGKILL');
    }
    await delay(20);
  }
}

/** Does no harm where the process has ended by itself. */
export function signalProcess(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Also of another user's. */
export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
