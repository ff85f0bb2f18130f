/** Checks that a deployed bundle is what was sent: every file there, with the right hash. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { TilebedError } from './errors.ts';

export interface BundleManifest {
  /** Over all paths and file hashes: the name of this version. */
  readonly hash: string;
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly size: number;
  }[];
}

/** Rejects with a TilebedError (FAILED) that names the first file that differs. */
export async function verifyBundle(folder: URL): Promise<void> {
  const manifest = JSON.parse(
    await readFile(new URL('bundle.json', folder), 'utf8'),
  ) as BundleManifest;
  for (const { path, sha256 } of manifest.files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(new URL(path, folder)), hash).catch((cause) => {
      throw new TilebedError('FAILED', `the bundle lacks ${path}`, { cause });
    });
    if (hash.digest('hex') !== sha256)
      throw new TilebedError('FAILED', `${path} of the bundle is damaged`);
  }
}
