/**
 * The image of nodes: made here without a registry, once for each content. Its tag names the content, so
 * an image that is there need not be made, and one that is out of date is never mistaken for it.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { rootHash, writeRoot } from '../../image/archive.ts';
import {
  NODE_LIBRARIES,
  NODE_PROGRAM,
  NODE_USER,
  type RootFile,
  rootOnBase,
  runtimeInImage,
  wholeRoot,
} from '../../image/root-files.ts';
import type { Bundle } from '../../testbeds/bundle.ts';
import type { Engine } from './engine.ts';

export interface NodeImage {
  readonly tag: string;
  readonly base?: string;
  readonly files: readonly RootFile[];
  /** Lines of a Dockerfile, behind FROM and ADD. */
  readonly settings: readonly string[];
}

const REPOSITORY = 'tilebed/node';
const TAG_DIGITS = 16;
/** Rarely, since it takes a node's own CPU: a person looks at it, tilebed asks for itself. */
const HEALTH_INTERVAL = '1m';

export async function nodeImage(bundle: Bundle, base?: string): Promise<NodeImage> {
  const files = base === undefined ? await wholeRoot(bundle) : await rootOnBase(bundle);
  const main = `${runtimeInImage(bundle)}/main.js`;
  const health = JSON.stringify([NODE_PROGRAM, '-e', '']);
  const settings = [
    `USER ${NODE_USER}:${NODE_USER}`,
    `ENV PATH=/opt/tilebed/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ...(base === undefined ? [] : [`ENV LD_LIBRARY_PATH=${NODE_LIBRARIES}`]),
    `LABEL tilebed.runtime=${bundle.hash}`,
    `HEALTHCHECK --interval=${HEALTH_INTERVAL} --timeout=30s CMD ${health}`,
    `ENTRYPOINT ${JSON.stringify([NODE_PROGRAM, main])}`,
    'CMD ["wait"]',
  ];
  const hash = createHash('sha256')
    .update(JSON.stringify([base ?? '', settings, await rootHash(files)]))
    .digest('hex');
  return {
    tag: `${REPOSITORY}:${hash.slice(0, TAG_DIGITS)}`,
    ...(base === undefined ? {} : { base }),
    files,
    settings,
  };
}

export async function hasImage(engine: Engine, { tag }: Pick<NodeImage, 'tag'>): Promise<boolean> {
  return (await engine.inspect('image', [tag])).length > 0;
}

/** What making it runs, for a plan. */
export function imageAction(engine: Engine, image: NodeImage): readonly string[] {
  return engine.command(buildArguments(image, image.base === undefined ? 'rootfs.tar' : '-'));
}

/** Rejects with a TilebedError (FAILED) where the engine cannot make it, or its base cannot run Node.js. */
export async function makeImage(
  engine: Engine,
  image: NodeImage,
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tilebed-image-'));
  try {
    const root = join(folder, 'rootfs.tar');
    await writeRoot(image.files, root);
    signal.throwIfAborted();
    if (image.base === undefined) {
      await engine.run(buildArguments(image, root), { signal });
      return;
    }
    const context = join(folder, 'context.tar');
    const lines = [`FROM ${image.base}`, 'ADD rootfs.tar /', ...image.settings];
    await writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    await create({ cwd: folder, file: context }, ['Dockerfile', 'rootfs.tar']);
    await engine.run(buildArguments(image, '-'), { signal, inputFile: context });
    // Its C library may be too old, or none at all.
    await engine.run(['run', '--rm', '--network', 'none', image.tag, 'verify'], { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Importing needs no builder, which newer clients lack unless it is installed. */
function buildArguments({ tag, base, settings }: NodeImage, source: string): readonly string[] {
  if (base !== undefined) return ['build', '--quiet', '--tag', tag, source];
  return ['import', ...settings.flatMap((line) => ['--change', line]), source, tag];
}

/** Writes the image as `docker load` takes it, for carrying to another machine. */
export async function exportImage(
  engine: Engine,
  { tag }: Pick<NodeImage, 'tag'>,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await engine.run(['save', '--output', partial, tag], { signal });
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
