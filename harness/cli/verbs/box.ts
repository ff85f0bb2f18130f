/** tilebed box build */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { buildBox } from '../../boxes/build.ts';
import { type VerbContext, type VerbSpec, verbCommand } from '../verb.ts';

interface BuildFlags {
  readonly name: string;
  readonly suite: string;
  readonly node?: string;
  readonly output: string;
  readonly add: boolean;
}

const buildVerb: VerbSpec = {
  name: 'build',
  summary: 'make a box of Debian for Vagrant from its packages, where none can be downloaded',
  examples: [
    ['sudo tilebed box build', 'gives Vagrant a box tilebed/debian12, for libvirt'],
    ['sudo tilebed box build --output my.box --no-add', 'only makes the file'],
  ],
  define: (command: Command) =>
    command
      .option('--name <name>', 'what Vagrant is to call it', 'tilebed/debian12')
      .option('--suite <suite>', 'of Debian', 'bookworm')
      .option('--node <file>', 'the Node.js executable that goes into it, by default this one')
      .option('--output <file>', 'the box', 'tilebed.box')
      .option('--no-add', 'do not give it to Vagrant'),
  run: async ({ output, signal, runTasks }: VerbContext, flags: BuildFlags) => {
    const { name, suite, add } = flags;
    const file = resolve(flags.output);
    await buildBox({
      name: add ? name : undefined,
      suite,
      node: resolve(flags.node ?? process.execPath),
      output: file,
      signal,
      runTasks,
    });
    output.result({ file, ...(add ? { name } : {}) }, add ? `${file}, known as ${name}` : file);
    return undefined;
  },
};

export function boxCommand(): Command {
  return new Command('box')
    .description('boxes of virtual machines')
    .addCommand(verbCommand(buildVerb));
}
