/** Platforms of images: as Docker writes them, beside the names that Node.js and Debian have for the same. */
import { TilebedError } from '../../runtime/errors.ts';
import { type Platform, platformOf } from '../deployables/platforms.ts';

export interface ImagePlatform {
  readonly name: string;
  readonly platform: Platform;
  /** As an image's configuration has it, which are Go's words. */
  readonly architecture: string;
  readonly variant?: string;
  readonly debian: 'amd64' | 'arm64' | 'armhf';
}

const AMD64: ImagePlatform = {
  name: 'linux/amd64',
  platform: 'linux-x64',
  architecture: 'amd64',
  debian: 'amd64',
};
const ARM64: ImagePlatform = {
  name: 'linux/arm64',
  platform: 'linux-arm64',
  architecture: 'arm64',
  debian: 'arm64',
};
const ARMV7: ImagePlatform = {
  name: 'linux/arm/v7',
  platform: 'linux-arm',
  architecture: 'arm',
  variant: 'v7',
  debian: 'armhf',
};
const ALL = [AMD64, ARM64, ARMV7] as const;

/** Other spellings, which Docker takes too. */
const SPELLINGS: Readonly<Record<string, ImagePlatform>> = {
  'linux/amd64': AMD64,
  'linux/x86_64': AMD64,
  'linux/arm64': ARM64,
  'linux/arm64/v8': ARM64,
  'linux/aarch64': ARM64,
  'linux/arm': ARMV7,
  'linux/arm/v7': ARMV7,
};

/** @param text such as `linux/amd64,linux/arm64`; throws a TilebedError (INPUT) for one that is not known */
export function parsePlatforms(text: string): readonly ImagePlatform[] {
  const platforms = text.split(',').map((part) => {
    const name = part.trim().toLowerCase();
    const found = SPELLINGS[name] ?? SPELLINGS[`linux/${name}`];
    if (found !== undefined) return found;
    throw new TilebedError('INPUT', `there is no image for the platform \`${part.trim()}\``, {
      hint: `there are ${ALL.map((each) => each.name).join(', ')}`,
    });
  });
  return [...new Set(platforms)];
}

/** This machine's own. Throws a TilebedError (MISSING) where there is no image for it. */
export function ownPlatform(): ImagePlatform {
  const own = `${process.platform}-${process.arch}`;
  const found = ALL.find(({ platform }) => platform === own);
  if (found !== undefined) return found;
  throw new TilebedError('MISSING', `there is no image for ${own}`, {
    hint: `there are ${ALL.map(({ name }) => name).join(', ')}`,
  });
}

/** @param architecture as `uname -m` and Docker engines tell it */
export function imagePlatformOf(architecture: string): ImagePlatform | undefined {
  const platform = platformOf(architecture);
  return ALL.find((each) => each.platform === platform);
}
