/** What a report says about an experiment apart from its figures: what ran on what, how it was
 * measured, and what to be careful about. One list for pages and Markdown alike. */
import type { NodeFacts, VerdictReason } from '../harness/results/format.ts';
import type { RepetitionName } from '../harness/results/layout.ts';
import { groupBy } from './group.ts';
import { compareNodes } from './node-summary.ts';
import { mebibytesText } from './numbers.ts';
import type { Results } from './read.ts';
import { bestCoverage } from './statistics.ts';
import type { Summary } from './summary.ts';
import { transferOf, transferText } from './what-travels.ts';

/** Below this many repetitions no interval of the median can hold it in 95 % of cases. */
const ENOUGH_REPETITIONS = 6;
/** A list of many reasons is read by nobody; every trial has its own. */
const MOST_REASONS = 4;
/** Other reasons only give doubts. */
const INVALIDATING: ReadonlySet<VerdictReason['code']> = new Set([
  'too-few-frames',
  'link-off',
  'output-differs',
]);

export interface Fact {
  readonly term: string;
  readonly detail: string;
}

export function experimentFacts({ manifest }: Results): Fact[] {
  const { experiment, testbed, model, versions, host } = manifest;
  const commit = versions.commit === undefined ? '' : `, commit ${versions.commit.slice(0, 12)}`;
  return [
    ...(manifest.simulated === undefined
      ? []
      : [{ term: 'Simulated', detail: `Nothing was run. Times are ${manifest.simulated}.` }]),
    { term: 'Experiment', detail: `${experiment.name} (${experiment.file})` },
    {
      term: 'Testbed',
      detail: `${testbed.name}, provider ${testbed.provider} (${testbed.file})`,
    },
    { term: 'Security', detail: securityText(testbed.security) },
    { term: 'What travelled', detail: transferText(transferOf(manifest)) },
    {
      term: 'Model',
      detail: `${model.cfg}, weights ${model.weights}${model.trained ? '' : `. ${UNTRAINED}`}`,
    },
    {
      term: 'Repetitions',
      detail: `${manifest.repeat} of every point, in an order drawn with seed ${manifest.seed}`,
    },
    {
      term: 'When',
      detail: `${timeText(manifest.startedAt)}${
        manifest.endedAt === undefined ? '; it did not end' : ` to ${timeText(manifest.endedAt)}`
      }`,
    },
    {
      term: 'Versions',
      detail: `tilebed ${versions.tilebed}${commit}; runtime ${versions.runtime}; ${versions.engine}; Node ${versions.node}`,
    },
    {
      term: 'Started from',
      detail: `${host.hostname}: ${host.cpuModel}, ${host.architecture}, kernel ${host.kernel}`,
    },
  ];
}

export const UNTRAINED = 'Weights are synthetic: detections mean nothing; timing and memory do.';

function securityText(security: string): string {
  return security === 'none'
    ? 'None. Nodes spoke over plain sockets: nothing was encrypted, and no peer had to prove who it is.'
    : 'TLS with a pre-shared key made for this testbed.';
}

export function timeText(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

export const NODE_HEADERS = [
  'Node',
  'Role',
  'Address',
  'Processor',
  'May use',
  'Memory',
  'System',
] as const;

/** A row a node, in the order of NODE_HEADERS. */
export function nodeRows({ manifest }: Results): string[][] {
  return Object.entries(manifest.nodes)
    .map(([node, facts]) => ({ node, ...facts }))
    .sort(compareNodes)
    .map(({ node, ...facts }) => [
      node,
      facts.role,
      facts.address === facts.testbedAddress
        ? facts.address
        : `${facts.address} (${facts.testbedAddress} in the testbed)`,
      facts.cpuModel,
      cpusText(facts),
      memoryText(facts),
      `${facts.architecture}, ${facts.kernel}, Node ${facts.nodeVersion}`,
    ]);
}

function cpusText({ cpus }: NodeFacts): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${ranges(cpus)}`;
}

/** `0-3, 6` of 0, 1, 2, 3, 6. */
function ranges(cpus: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const cpu of cpus) {
    const last = runs.at(-1);
    if (last !== undefined && cpu === last[1] + 1) last[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

function memoryText({ memoryBytes, memoryLimitBytes }: NodeFacts): string {
  return memoryLimitBytes === undefined
    ? `${mebibytesText(memoryBytes)}, no limit`
    : `${mebibytesText(memoryLimitBytes)} limit, ${mebibytesText(memoryBytes)} in all`;
}

/** How each figure comes about. */
export const METHOD: readonly Fact[] = [
  {
    term: 'Makespan',
    detail: "from the start signal to the last frame's detections, on the gateway's clock.",
  },
  {
    term: 'Latency',
    detail:
      'from the moment a frame arrives (back to back: when its source takes it) until its detections exist at the gateway. A repetition counts with the median of its frames; p90 and p99 are over all frames of all repetitions, and shown where at least five frames lie beyond them.',
  },
  {
    term: 'Speedup',
    detail:
      'the ratio of median makespans, against two baselines: the same strategy on one edge, and `local`, the whole network unpartitioned on the source. Only points with the same sources, frames and fused layers are compared, and none whose frames come at a rate.',
  },
  {
    term: 'Queue of arrivals',
    detail:
      'frames that came at their rate and were not taken yet. Its growth is the slope of the line of least squares through its length until the last arrival: how many more frames came in a second than were taken. It grows where that is more than chance, and is unclear where the frames are too few to tell.',
  },
  {
    term: 'Memory',
    detail:
      "two different things, never added: a process at its peak, as the kernel counts it (VmHWM), and that part of it which the engine holds, weights and the largest layer's activations. Of several edges it is the largest that counts.",
  },
  {
    term: 'Largest difference, detections matched',
    detail:
      'of a precision other than float32, against float32 on the same engine: the largest difference of the maps that detections are made of, and how many detections of float32 are there too (same class, boxes that overlap by half or more), over all repetitions.',
  },
  {
    term: 'Operations of edges',
    detail:
      'multiply-accumulates of all tiles that edges computed, for each frame. What a point has beyond `local` is what its tiles compute twice: their halos.',
  },
  {
    term: 'Halos reused',
    detail:
      'values of neighbouring tiles that were used instead of being computed again, and how many of them had to come from another edge.',
  },
  {
    term: 'Traffic',
    detail: "bytes of tilebed's own messages, headers included, before encryption.",
  },
  {
    term: 'Median [low, high]',
    detail:
      'the median over repetitions with its 95 % percentile-bootstrap interval (Efron 1979), drawn with the seed of the experiment. One repetition: no interval.',
  },
  {
    term: 'Failed and invalid trials',
    detail:
      'are counted and enter no figure: no median, speedup or chart. Degraded ones enter, and are marked.',
  },
];

/** What to be careful about; empty where nothing is. */
export function warningsOf(results: Results, summary: Summary): string[] {
  const { manifest, trials, traces, damagedLines } = results;
  const measured = trials.filter(({ status }) => status !== 'failed');
  const traced = new Set(traces.map(repetitionKey));
  const untraced = measured.filter((trial) => !traced.has(repetitionKey(trial)));
  const counts = summary.points.flatMap(({ makespanMs }) =>
    makespanMs === undefined ? [] : [makespanMs.count],
  );
  const fewest = Math.min(...counts);
  return [
    ...manifest.warnings,
    ...(manifest.endedAt === undefined
      ? ['The experiment did not end: trials may be missing. `tilebed run --resume` runs them.']
      : []),
    ...damagedLines.map(
      (line) => `Line ${line} of trials.jsonl is cut off or no trial, and was left out.`,
    ),
    ...(untraced.length > 0
      ? [`${untraced.length} of ${measured.length} trials have no trace, so no timeline.`]
      : []),
    ...invalidTrials(results),
    ...overloaded(summary),
    ...(fewest === 1 ? ['Points with one repetition have no interval.'] : []),
    ...(counts.some((count) => count > 1 && count < ENOUGH_REPETITIONS)
      ? [fewRepetitions(Math.min(...counts.filter((count) => count > 1)))]
      : []),
  ];
}

/** Ended, but not what the experiment asked for: how many, and the most frequent reasons. */
function invalidTrials({ trials }: Results): string[] {
  const invalid = trials.filter(
    ({ status, verdict }) => status !== 'failed' && verdict?.verdict === 'invalid',
  );
  if (invalid.length === 0) return [];
  const reasons = groupBy(
    invalid.flatMap(({ verdict }) => verdict!.reasons.filter(({ code }) => INVALIDATING.has(code))),
    ({ text }) => text,
  );
  const frequent = [...reasons]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_REASONS)
    .map(([text]) => text);
  return [
    `${invalid.length} of ${trials.length} trials are invalid and enter no figure: ${frequent.join('; ')}.`,
  ];
}

/** Of a queue that grows, latency says how long the run was and nothing of the system. */
function overloaded({ points }: Summary): string[] {
  const count = points.filter(({ queue }) => queue !== undefined && queue.growth.grows > 0).length;
  if (count === 0) return [];
  return [
    `Frames came faster than they were taken at ${count} of ${points.length} points: their latencies grow with the number of frames.`,
  ];
}

function repetitionKey({ trial, repetition }: RepetitionName): string {
  return `${trial}-${repetition}`;
}

function fewRepetitions(count: number): string {
  const percent = Math.floor(bestCoverage(count) * 100);
  return `From ${count} repetitions, an interval holds the true median in ${percent} % of cases at best, not in 95 %. Six or more repetitions can reach it.`;
}
