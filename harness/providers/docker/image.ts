/**
 * The image of nodes: made here without a registry, once for each content. Its tag names the content, so
 * an image that is there need not be made, and one that is out of date is never mistaken for it.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { rootHash, writeRoot } from '../../image/archive.ts';
import type { DebianOptions } from '../../image/debian.ts';
import { type ImageContent, writeImages } from '../../image/image-archive.ts';
import { otherParts } from '../../image/other-parts.ts';
import { ownParts } from '../../image/own-parts.ts';
import { type ImagePlatform, ownPlatform } from '../../image/platforms.ts';
import { rootOnBase, wholeRoot } from '../../image/root-files.ts';
import { dockerfileLines, imageSettings } from '../../image/settings.ts';
import { makeScratch } from '../../scratch.ts';
import { type Bundle, bundleFolder } from '../../testbeds/bundle.ts';
import type { Engine } from './engine.ts';

export interface NodeImage extends ImageContent {
  readonly base?: string;
}

const REPOSITORY = 'tilebed/node';
const TAG_DIGITS = 16;

/** For this machine's own platform. */
export async function nodeImage(bundle: Bundle, base?: string): Promise<NodeImage> {
  const platform = ownPlatform();
  if (base === undefined) {
    const files = await wholeRoot(await ownParts(bundle.folder), bundle.hash);
    return imageOf(bundle, platform, files);
  }
  const files = await rootOnBase(await ownParts(bundle.folder, []), bundle.hash);
  return { ...(await imageOf(bundle, platform, files, base)), base };
}

/** Rejects with a TilebedError (MISSING) where what another platform needs cannot be got. */
export async function imageFor(
  platform: ImagePlatform,
  bundle: Bundle,
  options: DebianOptions,
): Promise<NodeImage> {
  if (platform === ownPlatform()) return nodeImage(bundle);
  const runtime = bundleFolder(bundle, platform.platform);
  const parts = await otherParts(runtime, platform, options);
  return imageOf(bundle, platform, await wholeRoot(parts, bundle.hash));
}

async function imageOf(
  { hash }: Bundle,
  platform: ImagePlatform,
  files: NodeImage['files'],
  base = '',
): Promise<NodeImage> {
  const settings = imageSettings(hash, base !== '');
  const content = JSON.stringify([base, platform.name, settings, await rootHash(files)]);
  const mark = createHash('sha256').update(content).digest('hex');
  return { tag: `${REPOSITORY}:${mark.slice(0, TAG_DIGITS)}`, platform, files, settings };
}

export async function hasImage(engine: Engine, { tag }: Pick<NodeImage, 'tag'>): Promise<boolean> {
  return (await engine.inspect('image', [tag])).length > 0;
}

/** What making it runs, for a plan. */
export function imageAction(engine: Engine, image: NodeImage): readonly string[] {
  return engine.command(
    image.base === undefined ? loadArguments('image.tar') : buildArguments(image),
  );
}

/** Rejects with a TilebedError (FAILED) where the engine cannot make it, or its base cannot run Node.js. */
export async function makeImage(
  engine: Engine,
  image: NodeImage,
  signal: AbortSignal,
): Promise<void> {
  await using scratch = await makeScratch('image');
  const { folder } = scratch;
  if (image.base === undefined) {
    const archive = join(folder, 'image.tar');
    await writeImages([image], archive, { compress: false, signal });
    await engine.run(loadArguments(archive), { signal });
    return;
  }
  await writeRoot(image.files, join(folder, 'rootfs.tar'));
  signal.throwIfAborted();
  const context = join(folder, 'context.tar');
  const lines = [`FROM ${image.base}`, 'ADD rootfs.tar /', ...dockerfileLines(image.settings)];
  await writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
  await create({ cwd: folder, file: context }, ['Dockerfile', 'rootfs.tar']);
  await engine.run(buildArguments(image), { signal, inputFile: context });
  // Its C library may be too old, or none at all.
  await engine.run(['run', '--rm', '--network', 'none', image.tag, 'verify'], { signal });
}

/** Loading needs no builder, which newer clients lack unless it is installed. */
function loadArguments(archive: string): readonly string[] {
  return ['load', '--quiet', '--input', archive];
}

function buildArguments({ tag }: NodeImage): readonly string[] {
  return ['build', '--quiet', '--tag', tag, '-'];
}
