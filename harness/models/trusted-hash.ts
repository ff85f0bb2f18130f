/**
 * Trust on first use: the hash of a file's first download lies beside it, as `sha256sum` writes it, and
 * whatever is downloaded later must match.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

export function trustedHashPath(target: string): string {
  return `${target}.sha256`;
}

/** In lower-case hexadecimal; undefined where none is remembered. */
export async function readTrustedHash(target: string): Promise<string | undefined> {
  const text = await readFile(trustedHashPath(target), 'utf8').catch(() => '');
  return /^[0-9a-f]{64}\b/.exec(text)?.[0];
}

export async function writeTrustedHash(target: string, sha256: string): Promise<void> {
  await writeFile(trustedHashPath(target), `${sha256}  ${basename(target)}\n`, { flush: true });
}

/** Rejects with the signal's reason when it aborts. */
export async function fileSha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const read = pipeline(createReadStream(path), hash, { ...(signal && { signal }) });
  await read.catch((error) => {
    signal?.throwIfAborted();
    throw error;
  });
  return hash.digest('hex');
}
