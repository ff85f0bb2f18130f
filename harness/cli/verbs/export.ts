/** tilebed export */
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { exportBundle } from '../../results/bundle.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const exportVerb: VerbSpec = {
  name: 'export',
  summary: 'a results folder as one file with the hash of everything in it',
  examples: [
    ['tilebed export results/demo-20260101-120000', 'makes demo-20260101-120000.tar.gz here'],
    ['tilebed export results/demo-20260101-120000 paper/figure-3.tar.gz', 'under another name'],
  ],
  define: (command: Command) =>
    command
      .argument('<results>', 'a results folder')
      .argument('[file]', 'the bundle to make')
      .option('--author <names...>', 'who is to be cited, in CITATION.cff'),
  run: async (
    { output }: VerbContext,
    results: string,
    file: string | undefined,
    { author = [] }: { readonly author?: readonly string[] },
  ) => {
    const bundle = resolve(file ?? `${basename(resolve(results))}.tar.gz`);
    const { files } = await exportBundle(results, bundle, author);
    output.result({ bundle, files: files.length }, `${bundle}: ${files.length} files`);
    return undefined;
  },
};
