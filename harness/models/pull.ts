/** Fetches trained weights by name into the folder where experiments and `tilebed infer` find them. */
import { stat } from 'node:fs/promises';
import { TilebedError } from '../../runtime/errors.ts';
import { CATALOGUE, pulledModelPath } from './catalogue.ts';
import { type DownloadProgress, downloadModel } from './download.ts';
import { fileSha256, readTrustedHash, writeTrustedHash } from './trusted-hash.ts';

export interface PullOptions {
  /** Hexadecimal; what the file must have. */
  readonly sha256?: string;
  /** Instead of the catalogue's address: a mirror, or a model that the catalogue does not have. */
  readonly url?: string;
  /** Download even if the file is there. */
  readonly force?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface PulledModel {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** False: it was there already. */
  readonly downloaded: boolean;
}

/** Rejects with a TilebedError: INPUT for a name that is not known, FAILED as `downloadModel` does. */
export async function pullModel(name: string, options: PullOptions = {}): Promise<PulledModel> {
  const path = pulledModelPath(name);
  const entry = CATALOGUE.find((candidate) => candidate.name === name);
  const url = options.url ?? entry?.url;
  if (path === undefined || url === undefined) {
    const known = CATALOGUE.map((candidate) => candidate.name).join(', ');
    throw new TilebedError('INPUT', `there is no model \`${name}\` to pull`, {
      hint: `models: ${known}; others take an address`,
    });
  }
  // An address of one's own may lead to another file of that name.
  const expectedBytes = options.url === undefined ? entry?.bytes : undefined;
  const { sha256, force = false, onProgress, signal } = options;
  if (!force) {
    const present = await presentModel(path, { expectedBytes, sha256, signal });
    if (present !== undefined) return { path, ...present, downloaded: false };
  }
  const downloaded = await downloadModel({
    url,
    target: path,
    ...(expectedBytes !== undefined && { expectedBytes }),
    ...(sha256 !== undefined && { sha256 }),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  return { path, ...downloaded, downloaded: true };
}

/** The file that lies there, if it is the one wanted; undefined where it must be downloaded. */
async function presentModel(
  path: string,
  wanted: {
    readonly expectedBytes: number | undefined;
    readonly sha256: string | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<{ readonly bytes: number; readonly sha256: string } | undefined> {
  const bytes = await stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
  if (bytes === undefined || bytes !== (wanted.expectedBytes ?? bytes)) return undefined;
  const sha256 = await fileSha256(path, wanted.signal);
  const trusted = await readTrustedHash(path);
  if (sha256 !== (wanted.sha256?.toLowerCase() ?? trusted ?? sha256)) return undefined;
  if (trusted !== sha256) await writeTrustedHash(path, sha256);
  return { bytes, sha256 };
}
