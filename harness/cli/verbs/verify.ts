/** tilebed verify */
import type { Command } from 'commander';
import { checkBundle } from '../../results/bundle.ts';
import { EXIT } from '../exit.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const verifyVerb: VerbSpec = {
  name: 'verify',
  summary: 'whether an exported bundle, or the folder it was unpacked into, is as it was',
  examples: [['tilebed verify demo-20260101-120000.tar.gz', 'status 1 where a file was changed']],
  define: (command: Command) =>
    command.argument('<bundle>', 'what `tilebed export` made, or the folder it was unpacked into'),
  run: async ({ output }: VerbContext, path: string) => {
    const { bundle, faults } = await checkBundle(path);
    const { files, tilebed, madeAt } = bundle;
    const whole = `${files.length} files as tilebed ${tilebed} exported them, ${madeAt}`;
    output.result({ path, ...bundle, faults }, faults.length === 0 ? whole : faults.join('\n'));
    return faults.length === 0 ? EXIT.done : EXIT.failed;
  },
};
