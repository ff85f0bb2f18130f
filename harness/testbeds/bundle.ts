/** The runtime as it is deployed: a folder that `npm run build` has made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { BundleManifest } from '../../runtime/verify.ts';
import { PLATFORMS } from '../deployables/platforms.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

export interface Bundle {
  /** Of this machine's platform. */
  readonly folder: string;
  readonly hash: string;
  /** Of all files together. */
  readonly bytes: number;
}

export async function findBundle(): Promise<Bundle> {
  const folder = join(PACKAGE_ROOT, 'dist/bundle');
  const text = await readFile(join(folder, 'bundle.json'), 'utf8').catch((cause) => {
    throw new TilebedError('MISSING', 'the runtime has not been built', {
      cause,
      hint: 'run `npm run build`',
    });
  });
  const { hash, files } = JSON.parse(text) as BundleManifest;
  return { folder, hash, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

/**
 * The folder of the same bundle for a platform, as Node.js names it, such as linux-arm64. Throws a TilebedError
 * (MISSING) for one that there is no runtime for.
 */
export function bundleFolder({ folder }: Bundle, platform: string): string {
  if (platform === `${process.platform}-${process.arch}`) return folder;
  if (PLATFORMS.some((each) => each === platform))
    return join(PACKAGE_ROOT, 'dist/bundles', platform);
  throw new TilebedError('MISSING', `there is no runtime for ${platform}`, {
    hint: `there is one for ${PLATFORMS.join(', ')}`,
  });
}
