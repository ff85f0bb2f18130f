/**
 * SHA-256 of files, remembered in the user's cache: an image holds more than 100 MB, and every `up` asks
 * whether it is still the same. A file is taken to be unchanged where inode, size and both times are.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileSha256 } from '../models/trusted-hash.ts';
import { writeWhole } from '../write-whole.ts';

interface Known {
  /** Of the file when it was read. */
  readonly state: string;
  readonly sha256: string;
}

/** Some images' worth: those of other platforms and versions are asked for in turn. */
const MOST_REMEMBERED = 1000;

function cacheFile(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'tilebed/file-hashes.json');
}

/** By path, links followed. A cache that cannot be read or written is no harm: it is done without. */
export async function fileHashes(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const known = await readCache();
  const found = await Promise.all(
    paths.map(async (path): Promise<[string, Known]> => {
      const { ino, size, mtimeMs, ctimeMs } = await stat(path);
      const state = [ino, size, mtimeMs, ctimeMs].join(' ');
      const before = known[path];
      if (before?.state === state) return [path, before];
      return [path, { state, sha256: await fileSha256(path) }];
    }),
  );
  if (found.some(([path, { state }]) => known[path]?.state !== state)) {
    const asked = new Set(paths);
    const others = Object.entries(known).filter(([path]) => !asked.has(path));
    const kept = [...others, ...found].slice(-MOST_REMEMBERED);
    await writeCache(Object.fromEntries(kept)).catch(() => {});
  }
  return new Map(found.map(([path, { sha256 }]) => [path, sha256]));
}

async function readCache(): Promise<Readonly<Record<string, Known>>> {
  try {
    return JSON.parse(await readFile(cacheFile(), 'utf8')) as Record<string, Known>;
  } catch {
    return {};
  }
}

async function writeCache(files: Readonly<Record<string, Known>>): Promise<void> {
  await mkdir(dirname(cacheFile()), { recursive: true });
  await writeWhole(cacheFile(), JSON.stringify(files));
}
