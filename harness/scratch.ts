/**
 * Folders under the system's temporary one, for as long as they are in scope. Their names tell whose they
 * are, so what a harness that was killed has left is removed by the next that wants one.
 */
import { mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './machine/owned-processes.ts';

const PREFIX = 'tilebed-scratch';

export interface Scratch extends AsyncDisposable {
  readonly folder: string;
}

let cleaned: string | undefined;

/** @param what it is for, one word */
export async function makeScratch(what: string): Promise<Scratch> {
  // Once a process and place: an experiment of a thousand pictures makes as many of them.
  if (cleaned !== tmpdir()) await removeLeftScratch();
  cleaned = tmpdir();
  const folder = await mkdtemp(join(tmpdir(), `${await ownedName(what, process.pid)}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  return { folder, [Symbol.asyncDispose]: remove };
}

/** What the folder of a process is called, up to its last dash. */
export async function ownedName(what: string, processId: number): Promise<string> {
  return `${PREFIX}-${what}-${await processSpace()}-${processId}`;
}

/** Removes this user's folders whose process is gone, and returns them. */
export async function removeLeftScratch(): Promise<readonly string[]> {
  const left = await leftScratch();
  for (const folder of left) await rm(folder, { recursive: true, force: true });
  return left;
}

export async function leftScratch(): Promise<readonly string[]> {
  const space = await processSpace();
  const left: string[] = [];
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const [, where, processId] = /^tilebed-scratch-\w+-(\d+)-(\d+)-/.exec(name) ?? [];
    if (where !== space || isAlive(Number(processId))) continue;
    const folder = join(tmpdir(), name);
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && found.uid === process.getuid?.()) left.push(folder);
  }
  return left;
}

/** In which numbers of processes mean something: containers may share a temporary folder, and not them. */
async function processSpace(): Promise<string> {
  const name = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(name)?.[0] ?? '0';
}
