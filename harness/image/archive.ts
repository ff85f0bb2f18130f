/** A root file system as an archive: the same files give the same bytes, on any day and for any user. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { makeScratch } from '../scratch.ts';
import { fileHashes } from './file-hashes.ts';
import { NODE_USER, type RootFile } from './root-files.ts';

/** When a file was read here or its mode was set is no part of it. */
const UNKNOWN_TIMES = { atime: undefined, ctime: undefined } as const;

/** What names the content: paths, bytes, links and modes. */
export async function rootHash(files: readonly RootFile[]): Promise<string> {
  const hashes = await fileHashes(files.flatMap((each) => (each.kind === 'copy' ? each.from : [])));
  const lines = await Promise.all(files.map((file) => describe(file, hashes)));
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
}

async function describe(file: RootFile, hashes: ReadonlyMap<string, string>): Promise<string> {
  switch (file.kind) {
    case 'copy': {
      const { mode } = await stat(file.from);
      return JSON.stringify([file.path, mode & 0o111, hashes.get(file.from)]);
    }
    case 'text':
      return JSON.stringify([file.path, file.text]);
    case 'link':
      return JSON.stringify([file.path, '->', file.to]);
    case 'folder':
      return JSON.stringify([file.path, file.mode, file.owned]);
    default:
      return file satisfies never;
  }
}

/** Writes the archive. Whatever is not the node's own belongs to root and is not writable for others. */
export async function writeRoot(files: readonly RootFile[], archive: string): Promise<void> {
  await using scratch = await makeScratch('root');
  const { folder: root } = scratch;
  for (const file of files) await place(file, join(root, file.path));
  await chmod(root, 0o755);
  const owned = new Set(files.flatMap((file) => (isOwned(file) ? [`.${file.path}`] : [])));
  await create(
    {
      cwd: root,
      file: archive,
      mtime: new Date(0),
      onWriteEntry: (entry) => {
        const user = owned.has(entry.path.replace(/\/$/, '')) ? NODE_USER : 0;
        if (entry.stat) Object.assign(entry.stat, { uid: user, gid: user, ...UNKNOWN_TIMES });
        entry.myuser = '';
      },
      noDirRecurse: true,
    },
    await entriesBelow(root),
  );
}

/** With the folder itself; in order, which file systems do not have. */
async function entriesBelow(root: string): Promise<string[]> {
  const paths = await readdir(root, { recursive: true });
  return ['.', ...paths.map((path) => `./${path}`).toSorted()];
}

function isOwned(file: RootFile): boolean {
  return file.kind === 'folder' && file.owned;
}

async function place(file: RootFile, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  switch (file.kind) {
    case 'copy':
      await copyFile(file.from, path);
      return chmod(path, ((await stat(file.from)).mode & 0o111) === 0 ? 0o644 : 0o755);
    case 'text':
      return writeFile(path, file.text, { mode: 0o644 });
    case 'link':
      return symlink(file.to, path);
    case 'folder':
      await mkdir(path, { recursive: true });
      return chmod(path, file.mode);
    default:
      return file satisfies never;
  }
}
