/** Which image each engine gets: that of its own architecture. */
import { TilebedError } from '../../../runtime/errors.ts';
import { type ImagePlatform, imagePlatformOf, ownPlatform } from '../../image/platforms.ts';
import type { Bundle } from '../../testbeds/bundle.ts';
import type { EngineInfo } from './engine.ts';
import { imageFor, type NodeImage, nodeImage } from './image.ts';

/**
 * In the engines' order; equal ones are the same object. Rejects with a TilebedError (MISSING) where there is none
 * for an engine, or what it needs cannot be got.
 */
export async function siteImages(
  infos: readonly Pick<EngineInfo, 'Architecture'>[],
  bundle: Bundle,
  base: string | undefined,
): Promise<readonly NodeImage[]> {
  const platforms = infos.map(({ Architecture }) => platformFor(Architecture, base));
  const images = new Map<ImagePlatform, Promise<NodeImage>>();
  for (const platform of platforms) {
    if (images.has(platform)) continue;
    images.set(
      platform,
      base === undefined ? imageFor(platform, bundle, {}) : nodeImage(bundle, base),
    );
  }
  return Promise.all(platforms.map((platform) => images.get(platform)!));
}

function platformFor(architecture: string, base: string | undefined): ImagePlatform {
  const platform = imagePlatformOf(architecture);
  if (platform !== undefined && (base === undefined || platform === ownPlatform())) return platform;
  const upon = base === undefined ? '' : ` upon ${base}`;
  throw new TilebedError('MISSING', `there is no image${upon} for an engine of ${architecture}`, {
    ...(base === undefined
      ? {}
      : { hint: 'leave `base` out: it is for engines like this machine' }),
  });
}
