/** What an experiment measured, under the names of a paper's curves. */
import type { EmulationFacts, Parameters, TrialRecord } from '../../harness/results/format.ts';
import { median } from '../../runtime/quantiles.ts';
import type { Transfer } from '../../runtime/schedule/transfer.ts';
import { type Group, groupBy } from '../group.ts';
import { significant } from '../numbers.ts';
import { pointKey } from '../point.ts';
import type { Results } from '../read.ts';
import { isMeasured } from '../summary.ts';
import { transferOf, transferText } from '../what-travels.ts';
import { fusedLayersPanels } from './fused-layers.ts';
import { type MeasuredPanels, mebibytesAFrame, middle } from './panels.ts';

export interface MeasuredFigure {
  readonly panels: MeasuredPanels;
  /** Median latency of the plain, unpartitioned layers on one device, in seconds. */
  readonly plain: number | undefined;
  readonly transfer: Transfer;
  readonly setting: readonly string[];
}

/** What a panel shows, and along what. */
interface PanelRule {
  readonly labels: readonly string[];
  readonly label: (parameters: Parameters) => string;
  readonly value: (trials: readonly TrialRecord[]) => number | undefined;
}

const COUNTS = ['1', '2', '3', '4', '5', '6'];
const byDevices = { labels: COUNTS, label: ({ edges }: Parameters) => String(edges) };
const bySources = { labels: COUNTS, label: ({ sources = 1 }: Parameters) => String(sources) };

const RULES: Readonly<Record<string, Readonly<Record<string, PanelRule>>>> = {
  'deepthings-fig12': { communication: { ...byDevices, value: mebibytesAFrame } },
  'deepthings-fig13': { latency: { ...byDevices, value: latencySeconds } },
  'deepthings-fig14': {
    // One frame a source, all at once: the last one's end.
    latency: { ...bySources, value: makespanSeconds },
    throughput: { ...bySources, value: (trials) => middle(trials.map((one) => one.throughputFps)) },
  },
  beaten: { latency: { ...byDevices, value: latencySeconds } },
};

export function measuredFigure(figure: string, results: Results): MeasuredFigure {
  const circumstances = { transfer: transferOf(results.manifest), setting: setting(results) };
  // Each of its curves has a baseline of its own.
  if (figure === 'deepthings-fig15') {
    return { panels: fusedLayersPanels(results), plain: undefined, ...circumstances };
  }
  const ended = results.trials.filter(isMeasured);
  const points = [...groupBy(ended, ({ parameters }) => pointKey(parameters)).values()];
  const panels = Object.entries(RULES[figure] ?? {}).map(([id, rule]) => [
    id,
    panelCurves(points, rule),
  ]);
  const plain = points.find(([first]) => first.parameters.strategy === 'local');
  return {
    panels: Object.fromEntries(panels),
    plain: plain === undefined ? undefined : latencySeconds(plain),
    ...circumstances,
  };
}

function panelCurves(
  points: readonly Readonly<Group<TrialRecord>>[],
  { labels, label, value }: PanelRule,
): MeasuredPanels[string] {
  const series: Record<string, (number | null)[]> = {};
  for (const trials of points) {
    const { parameters } = trials[0];
    const found = value(trials);
    const index = labels.indexOf(label(parameters));
    if (found === undefined || index < 0) continue;
    const name = curveName(parameters);
    series[name] ??= labels.map(() => null);
    series[name][index] = found;
  }
  return series;
}

/** As the papers call it; tilebed's own strategies keep their names. */
export function curveName({ strategy, grid, reuse, align }: Parameters): string {
  switch (strategy) {
    case 'modnn':
      return align === 'output' ? 'MoDNN aligned' : 'MoDNN';
    case 'ftp-wsh':
      return `${grid} WSH`;
    case 'ftp-wst':
      return `${grid} WST`;
    case 'deepthings':
      return `${grid} ${reuse ? 'WST-S' : 'WST'}`;
    default:
      return strategy;
  }
}

function latencySeconds(trials: readonly TrialRecord[]): number | undefined {
  const latencies = trials.flatMap(({ frames }) => frames.map(({ latencyMs }) => latencyMs));
  return latencies.length === 0 ? undefined : median(latencies) / 1000;
}

function makespanSeconds(trials: readonly TrialRecord[]): number | undefined {
  const makespan = middle(trials.map(({ makespanMs }) => makespanMs));
  return makespan === undefined ? undefined : makespan / 1000;
}

function setting({ manifest, trials }: Results): string[] {
  const { testbed, timeScale = 1, host, emulation = {}, links = {}, versions, seed } = manifest;
  const verdicts = groupBy(trials, ({ status, verdict }) => verdict?.verdict ?? status);
  const counts = [...verdicts].map(([verdict, ones]) => `${ones.length} ${verdict}`).join(', ');
  const scale = timeScale === 1 ? '' : `, ${timeScale} times faster than real`;
  return [
    `Testbed ${testbed.name} (${testbed.provider}${scale}), ${host.cpuModel} with ${host.cpus.length} CPUs, ${versions.engine}.`,
    `Trials: ${counts}; in a random order, seed ${seed}. Began ${manifest.startedAt}.`,
    `What travelled: ${transferText(transferOf(manifest))}.`,
    ...invalidLines(trials),
    ...emulationLines(Object.values(emulation), timeScale),
    ...linkLines(links),
  ];
}

/** Why some enter no figure. */
function invalidLines(trials: readonly TrialRecord[]): string[] {
  const invalid = trials.filter(({ verdict }) => verdict?.verdict === 'invalid');
  if (invalid.length === 0) return [];
  const reasons = new Set(
    invalid.flatMap(({ verdict }) => verdict!.reasons.map(({ text }) => text)),
  );
  return [
    `${invalid.length} trials are invalid and left out: ${[...reasons].slice(0, 4).join('; ')}.`,
  ];
}

function emulationLines(facts: readonly EmulationFacts[], timeScale: number): string[] {
  return [...groupBy(facts, ({ device }) => device)].map(([device, [first, ...others]]) => {
    const { targetMs, verifiedMs, cpuQuota } = first;
    const seconds = (ms: number) => ((ms * timeScale) / 1000).toFixed(2);
    return `${others.length + 1} nodes are ${device}: ${(100 * cpuQuota).toFixed(1)} % of a CPU, under which the plain layers took ${seconds(verifiedMs)} s where ${seconds(targetMs)} s were wanted.`;
  });
}

function linkLines(links: Results['manifest']['links'] & object): string[] {
  const facts = Object.values(links);
  if (facts.length === 0) return [];
  const rates = facts.flatMap(({ measured }) => [
    measured.sendBitsPerSecond,
    measured.receiveBitsPerSecond,
  ]);
  // A medium or a pair is no node's own link.
  const wanted = facts.flatMap(
    ({ asked, expected }) => expected?.rateBitsPerSecond ?? asked.rateBitsPerSecond ?? [],
  );
  const wish = wanted.length === 0 ? '' : `, ${range(wanted)} wanted`;
  return [`Links measured before the first trial: ${range(rates)} Mbit/s${wish}.`];
}

/** In Mbit/s. */
function range(bitsPerSecond: readonly number[]): string {
  const ends = [Math.min(...bitsPerSecond), Math.max(...bitsPerSecond)];
  return [...new Set(ends.map((bits) => significant(bits / 1e6)))].join(' to ');
}
