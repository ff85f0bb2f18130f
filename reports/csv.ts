/**
 * Tidy CSV for other people's tools: one row a trial and node, quoted as RFC 4180 has it. Columns
 * bear the names of trials.jsonl; a trial that failed before any node reported has one row without.
 */
import type { TrialRecord } from '../harness/results/format.ts';
import { median } from '../runtime/quantiles.ts';
import type { NodeStatistics } from '../runtime/roles/events.ts';
import { energyOfNode } from './energy.ts';
import { type Results, trialLines } from './read.ts';

type Cell = string | number | boolean | undefined;

interface Row {
  readonly line: number;
  readonly trial: TrialRecord;
  readonly node?: string;
  readonly statistics?: NodeStatistics;
}

const COLUMNS: Readonly<Record<string, (row: Row) => Cell>> = {
  trial: ({ trial }) => trial.trial,
  line: ({ line }) => line,
  order: ({ trial }) => trial.order,
  repetition: ({ trial }) => trial.repetition,
  startedAt: ({ trial }) => trial.startedAt,
  edges: ({ trial }) => trial.parameters.edges,
  grid: ({ trial }) => trial.parameters.grid,
  fusedLayers: ({ trial }) => trial.parameters.fusedLayers,
  strategy: ({ trial }) => trial.parameters.strategy,
  reuse: ({ trial }) => trial.parameters.reuse,
  tileOrder: ({ trial }) => trial.parameters.order,
  align: ({ trial }) => trial.parameters.align,
  precision: ({ trial }) => trial.parameters.precision,
  sources: ({ trial }) => trial.parameters.sources,
  rate: ({ trial }) => trial.parameters.rate,
  status: ({ trial }) => trial.status,
  error: ({ trial }) => trial.error,
  reasons: ({ trial }) => trial.reasons?.join('; '),
  makespanMs: ({ trial }) => trial.makespanMs,
  throughputFps: ({ trial }) => trial.throughputFps,
  frames: ({ trial }) => trial.frames.length,
  largestDifference: ({ trial }) => trial.accuracy?.largestDifference,
  detectionsMatched: ({ trial }) => trial.accuracy?.detectionsMatched,
  detectionsExpected: ({ trial }) => trial.accuracy?.detectionsExpected,
  lostFrames: ({ trial }) => trial.lostFrames.length,
  latencyMedianMs: ({ trial }) => latency(trial, median),
  latencyMaximumMs: ({ trial }) => latency(trial, (values) => Math.max(...values)),
  node: ({ node }) => node,
  role: ({ statistics }) => statistics?.role,
  peakRssBytes: ({ statistics }) => statistics?.peakRssBytes,
  engineBytes: ({ statistics }) => statistics?.engineBytes,
  cpuSeconds: ({ statistics }) => statistics?.cpuSeconds,
  bytesSent: ({ statistics }) => statistics?.bytesSent,
  bytesReceived: ({ statistics }) => statistics?.bytesReceived,
  tilesComputed: ({ statistics }) => statistics?.tilesComputed,
  computeMs: ({ statistics }) => statistics?.computeMs,
  multiplyAccumulates: ({ statistics }) => statistics?.multiplyAccumulates,
  tilesStolen: ({ statistics }) => statistics?.tilesStolen,
  tilesReissued: ({ statistics }) => statistics?.tilesReissued,
  haloBytesReused: ({ statistics }) => statistics?.haloBytesReused,
  haloBytesReceived: ({ statistics }) => statistics?.haloBytesReceived,
  peersRefused: ({ statistics }) => statistics?.peersRefused,
  joules: (row) => energy(row)?.joules,
  watts: (row) => energy(row)?.watts,
  energySource: (row) => energy(row)?.source,
  offeredFps: ({ statistics }) => statistics?.queue?.framesPerSecond,
  queueLargest: ({ statistics }) => statistics?.queue?.largest,
  queueAtEnd: ({ statistics }) => statistics?.queue?.atEnd,
  queueGrowthPerSecond: ({ statistics }) => statistics?.queue?.growthPerSecond,
  queueGrowth: ({ statistics }) => statistics?.queue?.growth,
};

export function renderCsv(results: Results): string {
  const lines = trialLines(results);
  const rows = results.trials.flatMap((trial, index): Row[] => {
    const line = lines[index]!;
    const nodes = Object.entries(trial.nodes);
    if (nodes.length === 0) return [{ line, trial }];
    return nodes.map(([node, statistics]) => ({ line, trial, node, statistics }));
  });
  const cells = rows.map((row) => Object.values(COLUMNS).map((cellOf) => cellOf(row)));
  return [Object.keys(COLUMNS), ...cells]
    .map((row) => `${row.map((cell) => quoted(cell)).join(',')}\r\n`)
    .join('');
}

function energy({ trial, node }: Row) {
  return node === undefined ? undefined : energyOfNode(trial, node);
}

function latency(
  { frames }: TrialRecord,
  reduce: (values: readonly number[]) => number,
): number | undefined {
  return frames.length === 0 ? undefined : reduce(frames.map(({ latencyMs }) => latencyMs));
}

function quoted(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
