/** tilebed simulate */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { compareWithMeasured } from '../../../reports/against.ts';
import { againstText } from '../../../reports/against-text.ts';
import { type Results, readResults } from '../../../reports/read.ts';
import { summarize } from '../../../reports/summary.ts';
import { terminalSummary } from '../../../reports/terminal-summary.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { ResultsStore } from '../../results/store.ts';
import { whatRanIn } from '../../simulation/ran.ts';
import {
  type SimulateOptions,
  type Simulation,
  simulateExperiment,
} from '../../simulation/simulate.ts';
import { type LoadedExperiment, loadExperiment } from '../../spec/load-experiment.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { positiveInteger } from '../arguments.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';
import { writeReport } from '../write-report.ts';

interface SimulateFlags {
  readonly testbed?: string;
  readonly edges?: readonly number[];
  readonly frames?: number;
  readonly calibrate?: string;
  readonly against?: string;
  readonly results?: string;
}

export const simulateVerb: VerbSpec = {
  name: 'simulate',
  summary: 'expect what an experiment would measure: its schedulers and planners on simulated time',
  examples: [
    ['tilebed simulate experiments/demo.yaml', 'with times guessed by devices and links'],
    [
      'tilebed simulate experiments/demo.yaml --calibrate results/demo-20260101-120000 --edges 10,100,1000',
      'on testbeds that nobody has, with times that were measured',
    ],
    [
      'tilebed simulate experiments/demo.yaml --against results/demo-20260101-120000',
      'shows how well the simulation expects what was measured',
    ],
  ],
  define: (command: Command) =>
    command
      .argument('<experiment>', 'an experiment file')
      .option('--testbed <file>', 'use this testbed instead of the one that the file names')
      .option('--edges <n,...>', "so many edges, like the testbed's in their order", numbers)
      .option('--frames <n>', 'frames of each source', positiveInteger)
      .option('--calibrate <results>', 'take times from these measured trials')
      .option(
        '--against <results>',
        'compare with these; without --calibrate, times are from those of them with the fewest edges',
      )
      .option('--results <folder>', 'write results there, for report and compare'),
  run: async ({ output, signal }: VerbContext, file: string, flags: SimulateFlags) => {
    const loaded = await loadExperiment(file);
    const testbed = await findTestbed(loaded, flags);
    const from = flags.calibrate ?? flags.against;
    const calibrate = from === undefined ? undefined : await readMeasured(resolve(from));
    // A folder that cannot be written to is told before, not after, what may take minutes.
    const store =
      flags.results === undefined
        ? undefined
        : await ResultsStore.open(resolve(flags.results), { resume: false });
    const simulation = await simulateExperiment(loaded, testbed, {
      ...(flags.edges === undefined ? {} : { edges: flags.edges }),
      ...(flags.frames === undefined ? {} : { frames: flags.frames }),
      ...(calibrate === undefined ? {} : { calibrate }),
      spans: store !== undefined,
      signal,
    });
    for (const warning of simulation.manifest.warnings) output.note(warning);
    const report = store && (await write(simulation, store));
    const summary = summarize(resultsOf(simulation));
    const against =
      flags.against === undefined
        ? undefined
        : compareWithMeasured({
            ...simulation,
            measured: (await readResults(resolve(flags.against))).trials,
            predicted: simulation.trials,
            fitted: simulation.profile.points,
          });
    output.result(
      {
        simulated: simulation.manifest.simulated,
        summary,
        ...(against === undefined ? {} : { against }),
        ...(report === undefined ? {} : { report }),
      },
      [
        terminalSummary(summary),
        ...(against === undefined ? [] : [againstText(against)]),
        ...(report === undefined ? [] : [`report: ${report}`]),
      ].join('\n\n'),
    );
    return undefined;
  },
};

async function readMeasured(folder: string): Promise<NonNullable<SimulateOptions['calibrate']>> {
  const [results, ran] = [await readResults(folder), await whatRanIn(folder)];
  return { ...results, ...(ran === undefined ? {} : { ran }) };
}

function resultsOf({ manifest, trials, traces }: Simulation, folder = ''): Results {
  return { folder, manifest, trials, traces, damagedLines: [] };
}

async function write(simulation: Simulation, store: ResultsStore): Promise<string> {
  await store.writeManifest(simulation.manifest);
  for (const record of simulation.trials) await store.append(record);
  for (const trace of simulation.traces) await store.writeTrace(trace);
  return writeReport(await readResults(store.folder), 'html');
}

async function findTestbed(
  { experiment }: LoadedExperiment,
  { testbed }: SimulateFlags,
): Promise<Testbed> {
  const file = testbed === undefined ? experiment.testbedFile : resolve(testbed);
  if (file !== undefined) return loadTestbed(file);
  throw new TilebedError('INPUT', `${experiment.name} names no testbed`, {
    hint: 'give one with --testbed FILE',
  });
}

function numbers(text: string): readonly number[] {
  const counts = text.split(',').map(positiveInteger);
  const most = Math.max(...counts);
  if (most <= MOST_EDGES) return counts;
  throw new InvalidArgumentError(`at most ${MOST_EDGES} edges`);
}

const MOST_EDGES = 10_000;
