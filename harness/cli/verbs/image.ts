/** tilebed image build, tilebed image export */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { Engine } from '../../providers/docker/engine.ts';
import {
  exportImage,
  hasImage,
  makeImage,
  type NodeImage,
  nodeImage,
} from '../../providers/docker/image.ts';
import { megabytesText } from '../../spec/units.ts';
import { findBundle } from '../../testbeds/bundle.ts';
import { type VerbContext, type VerbSpec, verbCommand } from '../verb.ts';

interface ImageFlags {
  readonly base?: string;
  readonly engine?: string;
}

const buildVerb: VerbSpec = {
  name: 'build',
  summary: 'make the image of containers in a Docker engine; `up` does so by itself',
  examples: [
    ['tilebed image build', 'of exactly what a node needs'],
    ['tilebed image build --base debian:stable-slim', 'upon an image of your own'],
  ],
  define: withImageOptions,
  run: async (context: VerbContext, flags: ImageFlags) => {
    const engine = engineOf(flags);
    const image = await nodeImage(await findBundle(), flags.base);
    const isNew = await ensureImage(context, engine, image);
    const [facts] = await engine.inspect<{ readonly Size: number }>('image', [image.tag]);
    const bytes = facts?.Size ?? 0;
    const text = `${image.tag}${isNew ? '' : ' was there already'}: ${megabytesText(bytes)}`;
    context.output.result({ tag: image.tag, made: isNew, bytes }, text);
    return undefined;
  },
};

const exportVerb: VerbSpec = {
  name: 'export',
  summary: 'write the image to a file that `docker load` takes, for machines without a registry',
  examples: [
    ['tilebed image export node.tar', 'then, on the other machine: docker load --input node.tar'],
  ],
  define: (command: Command) =>
    withImageOptions(command.argument('<file>', 'where the image is written')),
  run: async (context: VerbContext, name: string, flags: ImageFlags) => {
    const engine = engineOf(flags);
    const file = resolve(name);
    const image = await nodeImage(await findBundle(), flags.base);
    await ensureImage(context, engine, image);
    await context.runTasks(
      [{ title: `write ${file}`, run: ({ signal }) => exportImage(engine, image, file, signal) }],
      { signal: context.signal },
    );
    const { size } = await stat(file);
    context.output.result({ tag: image.tag, file, bytes: size }, `${file}: ${megabytesText(size)}`);
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
    .option('--base <image>', 'an image to build upon, which has a C library')
    .option('--engine <address>', 'the Docker engine, such as ssh://user@host');
}

function engineOf({ engine }: ImageFlags): Engine {
  return new Engine(engine === undefined ? {} : { host: engine });
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
