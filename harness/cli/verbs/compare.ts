/** tilebed compare */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  COMPARED_MEASURES,
  type ComparedMeasure,
  compareResults,
} from '../../../reports/compare-results.ts';
import { comparisonMarkdown, comparisonText } from '../../../reports/compare-text.ts';
import { readResults } from '../../../reports/read.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { EXIT } from '../exit.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface CompareFlags {
  readonly measure: ComparedMeasure;
  readonly threshold: number;
  readonly format: 'text' | 'json' | 'md';
}

export const compareVerb: VerbSpec = {
  name: 'compare',
  summary: 'two results of an experiment, point by point; status 1 where the second is worse',
  examples: [
    ['tilebed compare results/before results/after', 'latencies; 5 % worse is a regression'],
    ['tilebed compare results/before results/after --threshold 10%', 'more patient'],
    ['tilebed compare results/before results/after --format md', 'for a pull request'],
  ],
  ownFormat: true,
  define: (command: Command) =>
    command
      .argument('<before>', 'a results folder')
      .argument('<after>', 'another')
      .addOption(
        new Option('--measure <measure>', 'what is compared')
          .choices(COMPARED_MEASURES)
          .default('latency'),
      )
      .option('--threshold <share>', 'how much worse is a regression', percent, 0.05)
      .addOption(
        new Option('--format <format>', 'how the result is printed')
          .choices(['text', 'json', 'md'])
          .default('text'),
      ),
  run: async (
    { output }: VerbContext,
    before: string,
    after: string,
    { measure, threshold, format }: CompareFlags,
  ) => {
    const results = await Promise.all([readResults(before), readResults(after)]);
    for (const { folder, manifest } of results) {
      if (manifest.simulated !== undefined) output.note(`${folder} is simulated: nothing was run`);
    }
    const comparison = compareResults(...results, measure, threshold);
    if (comparison.points.length === 0) {
      throw new TilebedError('INPUT', `${before} and ${after} have no point in common`, {
        hint: comparison.unmatched.slice(0, 4).join('; '),
      });
    }
    const printed = {
      text: () => `${comparisonText(comparison)}\n`,
      md: () => comparisonMarkdown(comparison),
      json: () => `${JSON.stringify(comparison)}\n`,
    };
    process.stdout.write(printed[format]());
    return comparison.points.some(({ change }) => change === 'worse') ? EXIT.failed : EXIT.done;
  },
};

function percent(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (match !== null) return Number(match[1]) / 100;
  throw new InvalidArgumentError('a share such as 5% is wanted');
}
