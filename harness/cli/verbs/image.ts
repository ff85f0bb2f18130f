/** tilebed image build, tilebed image export */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { TilebedError } from '../../../runtime/errors.ts';
import { type ImagePlatform, ownPlatform, parsePlatforms } from '../../image/platforms.ts';
import { Engine } from '../../providers/docker/engine.ts';
import { checkTarget, exportImages } from '../../providers/docker/export.ts';
import {
  hasImage,
  imageFor,
  makeImage,
  type NodeImage,
  nodeImage,
} from '../../providers/docker/image.ts';
import { megabytesText } from '../../spec/units.ts';
import { findBundle } from '../../testbeds/bundle.ts';
import { type VerbContext, type VerbSpec, verbCommand } from '../verb.ts';

interface ImageFlags {
  readonly platform?: string;
  readonly base?: string;
  readonly engine?: string;
  readonly aptSources?: string;
  readonly pull?: boolean;
}

/** What is told of one of the images. */
interface ImageFacts {
  readonly platform: string;
  readonly tag: string;
  readonly made: boolean;
  readonly bytes: number;
}

const buildVerb: VerbSpec = {
  name: 'build',
  summary: 'make the image of containers in a Docker engine; `up` does so by itself',
  examples: [
    ['tilebed image build', 'of exactly what a node needs'],
    ['tilebed image build --base debian:stable-slim', 'upon an image of your own'],
    ['tilebed image build --platform linux/amd64,linux/arm64', 'an image each, of any machine'],
  ],
  define: withImageOptions,
  run: async (context: VerbContext, flags: ImageFlags) => {
    const engine = engineOf(flags);
    const images: ImageFacts[] = [];
    for (const image of await imagesOf(context, flags)) {
      const made = await ensureImage(context, engine, image);
      const [facts] = await engine.inspect<{ readonly Size: number }>('image', [image.tag]);
      const { tag, platform } = image;
      images.push({ platform: platform.name, tag, made, bytes: facts?.Size ?? 0 });
    }
    const lines = images.map(
      ({ platform, tag, made, bytes }) =>
        `${tag} for ${platform}${made ? '' : ' was there already'}: ${megabytesText(bytes)}`,
    );
    const [only] = images;
    context.output.result({ ...(images.length === 1 ? only : {}), images }, lines.join('\n'));
    return undefined;
  },
};

const exportVerb: VerbSpec = {
  name: 'export',
  summary: 'write images to a file that `docker load` takes, for machines without a registry',
  examples: [
    ['tilebed image export node.tar', 'then, on the other machine: docker load --input node.tar'],
    ['tilebed image export --platform linux/arm64 pi.tar', 'for a Raspberry Pi of 64 bits'],
    ['tilebed image export --platform linux/arm/v7 pi.tar', 'for one of 32 bits'],
  ],
  define: (command: Command) =>
    withImageOptions(command.argument('<file>', 'where the images are written')),
  run: async (context: VerbContext, name: string, flags: ImageFlags) => {
    const file = resolve(name);
    await checkTarget(file);
    const images = await imagesOf(context, flags);
    const engine = engineOf(flags);
    for (const image of images)
      if (image.base !== undefined) await ensureImage(context, engine, image);
    let bytes = 0;
    const run = async ({ signal }: { readonly signal: AbortSignal }) => {
      bytes = await exportImages(engine, images, file, signal);
    };
    await context.runTasks([{ title: `write ${file}`, run }], { signal: context.signal });
    const facts = images.map(({ platform, tag }) => ({ platform: platform.name, tag }));
    const lines = facts.map(({ platform, tag }) => `${tag} for ${platform}`);
    context.output.result(
      { ...(facts.length === 1 ? facts[0] : {}), images: facts, file, bytes },
      [...lines, `${file}: ${megabytesText(bytes)}`].join('\n'),
    );
    return undefined;
  },
};

export function imageCommand(): Command {
  const command = new Command('image').description('the image that containers are made from');
  for (const verb of [buildVerb, exportVerb]) command.addCommand(verbCommand(verb));
  return command;
}

function withImageOptions(command: Command): Command {
  return command
    .option('--platform <list>', 'linux/amd64, linux/arm64, linux/arm/v7; this machine’s own else')
    .option('--base <image>', 'an image to build upon, which has a C library')
    .option('--engine <address>', 'the Docker engine, such as ssh://user@host')
    .option('--apt-sources <file>', 'where apt finds packages of other platforms')
    .option('--pull', 'get packages of other platforms anew');
}

function engineOf({ engine }: ImageFlags): Engine {
  return new Engine(engine === undefined ? {} : { host: engine });
}

/** What they are made of; what other platforms need is fetched the first time. */
async function imagesOf(
  context: VerbContext,
  { platform, base, aptSources, pull = false }: ImageFlags,
): Promise<readonly NodeImage[]> {
  const own = ownPlatform();
  const platforms = platform === undefined ? [own] : parsePlatforms(platform);
  const bundle = await findBundle();
  if (base !== undefined) {
    if (platforms.some((each) => each !== own)) throw baseIsOwn(own);
    return [await nodeImage(bundle, base)];
  }
  const images: NodeImage[] = [];
  const options = { ...(aptSources === undefined ? {} : { aptSources }), pull };
  const gather = async (each: ImagePlatform, signal: AbortSignal) => {
    images.push(await imageFor(each, bundle, { ...options, signal }));
  };
  await context.runTasks(
    platforms.map((each) => ({
      title: `gather what ${each.name} needs`,
      run: ({ signal }) => gather(each, signal),
    })),
    { signal: context.signal },
  );
  return images;
}

function baseIsOwn({ name }: ImagePlatform): TilebedError {
  return new TilebedError('INPUT', `an image upon another is made for ${name} only`, {
    hint: 'leave out --base or --platform',
  });
}

/** True when it had to be made. */
async function ensureImage(
  { runTasks, signal }: VerbContext,
  engine: Engine,
  image: NodeImage,
): Promise<boolean> {
  if (await hasImage(engine, image)) return false;
  const title = `make the image ${image.tag}`;
  await runTasks([{ title, run: ({ signal }) => makeImage(engine, image, signal) }], { signal });
  return true;
}
