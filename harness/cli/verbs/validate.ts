/** tilebed validate */
import type { Command } from 'commander';
import { SpecError, type SpecFault } from '../../spec/faults.ts';
import { validateFile } from '../../spec/validate.ts';
import { EXIT } from '../exit.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface FileReport {
  readonly file: string;
  readonly ok: boolean;
  readonly says?: string;
  readonly faults?: readonly SpecFault[];
}

export const validateVerb: VerbSpec = {
  name: 'validate',
  summary: 'check testbed and experiment files; each fault with its line and column',
  examples: [
    ['tilebed validate testbeds/local.yaml', 'one file'],
    ['tilebed validate testbeds/*.yaml experiments/*.yaml', 'many'],
  ],
  define: (command: Command) => command.argument('<file...>', 'testbed and experiment files'),
  run: async ({ output }: VerbContext, files: string[]) => {
    const reports: FileReport[] = [];
    for (const file of files) {
      try {
        reports.push({ file, ok: true, says: await validateFile(file) });
      } catch (error) {
        const faults = error instanceof SpecError ? { faults: error.faults } : {};
        reports.push({ file, ok: false, ...faults });
        output.error(error);
      }
    }
    const good = reports.filter(({ ok }) => ok);
    output.result(reports, good.map(({ file, says }) => `${file}: ${says}`).join('\n'));
    return good.length === reports.length ? EXIT.done : EXIT.input;
  },
};
