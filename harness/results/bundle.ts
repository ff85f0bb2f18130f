/**
 * A results folder as one file that others can check: everything in it, and `bundle.json`, which has the
 * size and the SHA-256 of each file. Made and opened with the system's tar.
 */
import { access, constants, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { execa } from 'execa';
import { TilebedError } from '../../runtime/errors.ts';
import { fileSha256 } from '../models/trusted-hash.ts';
import { VERSION } from '../package-root.ts';
import { makeScratch } from '../scratch.ts';
import { writeFault } from '../write-fault.ts';
import { CITATION_FILE, citationText } from './citation.ts';
import type { Manifest } from './format.ts';
import { MANIFEST_FILE } from './layout.ts';

const BUNDLE_FILE = 'bundle.json';
const BUNDLE_FORMAT = 1;

interface BundledFile {
  /** With slashes, below the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ResultsBundle {
  readonly format: typeof BUNDLE_FORMAT;
  readonly tilebed: string;
  readonly madeAt: string;
  readonly files: readonly BundledFile[];
}

export interface BundleCheck {
  readonly bundle: ResultsBundle;
  /** Such as "trials.jsonl was changed"; empty where all is as it was. */
  readonly faults: readonly string[];
}

/**
 * Puts a CITATION.cff into the folder where it has none; one that is there stays as it is.
 *
 * Rejects with a TilebedError (INPUT) for a folder without results.
 */
export async function exportBundle(
  folder: string,
  file: string,
  authors: readonly string[] = [],
): Promise<ResultsBundle> {
  // Told before all files are read, and not in tar's words.
  await access(join(dirname(resolve(file)), '.'), constants.W_OK).catch((cause) => {
    throw writeFault(file, cause);
  });
  await addCitation(folder, authors);
  const paths = await filesBelow(folder).catch((): string[] => []);
  if (!paths.includes(MANIFEST_FILE)) {
    throw new TilebedError('INPUT', `${folder} is no results folder: it has no ${MANIFEST_FILE}`, {
      hint: 'give the folder that `tilebed run` named at its end',
    });
  }
  // Of an earlier export of an unpacked bundle.
  const files = await Promise.all(
    paths.filter((path) => path !== BUNDLE_FILE).map((path) => describe(folder, path)),
  );
  const madeAt = new Date().toISOString();
  const bundle: ResultsBundle = { format: BUNDLE_FORMAT, tilebed: VERSION, madeAt, files };
  await using scratch = await makeScratch('bundle');
  const list = join(scratch.folder, 'files');
  await writeFile(join(scratch.folder, BUNDLE_FILE), `${JSON.stringify(bundle, null, 2)}\n`);
  await writeFile(list, files.map(({ path }) => `./${path}\0`).join(''));
  const inside = ['-C', scratch.folder, BUNDLE_FILE, '-C', resolve(folder), '--null', '-T', list];
  await tar(['-czf', resolve(file), ...inside]);
  return bundle;
}

/** A bundle's folder to read from; taken away with it where it had to be unpacked. */
export interface OpenBundle extends BundleCheck, AsyncDisposable {
  readonly folder: string;
}

/**
 * @param path a bundle, or the folder that one was unpacked into
 * Rejects with a TilebedError (INPUT) for what is no bundle.
 */
export async function openBundle(path: string): Promise<OpenBundle> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new TilebedError('INPUT', `there is no ${path}`);
  const scratch = await makeScratch('bundle');
  const remove = () => scratch[Symbol.asyncDispose]();
  try {
    if (!found.isDirectory()) await unpack(path, scratch.folder);
    const folder = found.isDirectory() ? resolve(path) : scratch.folder;
    return { folder, ...(await checkFolder(folder, path)), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Whether all in it is as it was; rejects as `openBundle` does. */
export async function checkBundle(path: string): Promise<BundleCheck> {
  await using opened = await openBundle(path);
  return { bundle: opened.bundle, faults: opened.faults };
}

async function addCitation(folder: string, authors: readonly string[]): Promise<void> {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const citation = citationText(JSON.parse(text) as Manifest, authors);
  // `wx`: whoever wrote one knows better.
  await writeFile(join(folder, CITATION_FILE), citation, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}

async function checkFolder(folder: string, name: string): Promise<BundleCheck> {
  const text = await readFile(join(folder, BUNDLE_FILE), 'utf8').catch((cause) => {
    throw new TilebedError('INPUT', `${name} is no bundle: it has no ${BUNDLE_FILE}`, { cause });
  });
  const bundle = JSON.parse(text) as ResultsBundle;
  if (bundle.format !== BUNDLE_FORMAT) {
    throw new TilebedError('INPUT', `${name} has format ${bundle.format}, not ${BUNDLE_FORMAT}`);
  }
  const present = new Set(await filesBelow(folder));
  present.delete(BUNDLE_FILE);
  const faults: string[] = [];
  for (const { path, sha256 } of bundle.files) {
    if (!present.delete(path)) faults.push(`${path} is missing`);
    else if ((await fileSha256(join(folder, path))) !== sha256) faults.push(`${path} was changed`);
  }
  return { bundle, faults: [...faults, ...[...present].map((path) => `${path} was added`)] };
}

async function describe(folder: string, path: string): Promise<BundledFile> {
  const file = join(folder, path);
  return { path, bytes: (await stat(file)).size, sha256: await fileSha256(file) };
}

/** Plain files alone: a link could lead anywhere. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function unpack(path: string, folder: string): Promise<void> {
  await tar(['-xzf', resolve(path), '-C', folder]).catch((cause) => {
    if (cause instanceof TilebedError && cause.code === 'MISSING') throw cause;
    throw new TilebedError('INPUT', `${path} is no bundle: it cannot be unpacked`, {
      hint: 'a bundle is what `tilebed export` makes, a .tar.gz',
      cause,
    });
  });
}

async function tar(argv: readonly string[]): Promise<void> {
  const { exitCode, stderr, message } = await execa('tar', argv, {
    reject: false,
    env: { LC_ALL: 'C' },
  });
  if (exitCode === 0) return;
  if (stderr.includes('No space left on device')) {
    throw new TilebedError('MISSING', 'no space is left on the disk, for what tar writes', {
      hint: `bundles are unpacked below ${tmpdir()}; TMPDIR=FOLDER names another place`,
    });
  }
  throw new TilebedError('FAILED', `tar failed: ${stderr || (message ?? '')}`);
}
