/**
 * What tilebed remembers of a testbed, in `.tilebed/NAME/` beside its file: whether it is up, and the
 * key of its nodes. Nothing here is needed for `down` to find what `up` has made.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Testbed } from '../spec/resolved.ts';
import { writeWhole } from '../write-whole.ts';
import { forgetOwner, rememberOwner } from './owners.ts';

export interface TestbedState {
  readonly version: 1;
  readonly name: string;
  readonly provider: string;
  /** `coming-up` after a crash in the middle of `up`. */
  readonly status: 'coming-up' | 'up';
  /** Of what the provider was asked for. */
  readonly hash: string;
  readonly sinceIso: string;
}

const KEY_BYTES = 32;

export function stateFolder(testbed: Pick<Testbed, 'file' | 'name'>): string {
  return join(dirname(testbed.file), '.tilebed', testbed.name);
}

/** Of everything in a testbed that changes its nodes; a description or a comment does not. */
export function testbedHash(testbed: Testbed): string {
  // Not what is only for people, says where the file lies, or measures.
  const { file, text, description, seed, tolerate, meter, changedLinks, nodes, ...rest } = testbed;
  const shaping = { ...rest, nodes: nodes.map(({ meter, power, ...node }) => node) };
  return createHash('sha256').update(JSON.stringify(shaping)).digest('hex').slice(0, 16);
}

/** Undefined when the testbed is down. */
export async function readState(folder: string): Promise<TestbedState | undefined> {
  const text = await readFile(join(folder, 'state.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as TestbedState;
  } catch {
    // Half a file is what a full disk leaves: the testbed is then neither up nor down.
    return undefined;
  }
}

export async function writeState(folder: string, state: TestbedState): Promise<void> {
  await makeStateFolder(folder);
  await writeWhole(join(folder, 'state.json'), `${JSON.stringify(state, null, 2)}\n`);
}

/** Only its owner may look inside: the key lies there. */
export async function makeStateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await rememberOwner(folder);
}

export async function removeState(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await forgetOwner(folder);
}

/** The key that nodes of this testbed know each other by, 32 bytes in hex; made when first asked for. */
export async function testbedKey(folder: string): Promise<string> {
  const file = join(folder, 'key');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}$`).test(known)) return known;
  await makeStateFolder(folder);
  const key = randomBytes(KEY_BYTES).toString('hex');
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(`${key}\n`);
  } finally {
    await handle.close();
  }
  return key;
}
