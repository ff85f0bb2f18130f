/**
 * What an experiment came to: one row a point of its matrix, medians over its repetitions. A failed
 * trial is counted and enters no median; a degraded one enters them and is counted as such.
 */
import type { Parameters, TrialRecord, TrialStatus } from '../harness/results/format.ts';
import type { NodeStatistics } from '../runtime/roles/events.ts';
import type { QueueReport } from '../runtime/schedule/arrival-queue.ts';
import { type Estimate, estimateOf } from './estimate.ts';
import { groupBy } from './group.ts';
import { comparePoints, pointKey } from './point.ts';
import { type QueueSummary, queuesOf, summarizeQueues } from './queue.ts';
import { type Results, trialLines } from './read.ts';
import { type Speedups, speedupsOf } from './speedup.ts';
import { median, quantile } from './statistics.ts';

/** Of the nodes of one role, the one with the most: it decides which device is enough. */
export interface RoleMemory {
  /** VmHWM of the largest process. */
  readonly processPeakBytes: Estimate;
  /** What the engine of the fullest node holds: weights and activations. A part of a process. */
  readonly engineBytes: Estimate;
}

/** Medians over the repetitions in which the node lived to report. */
export interface NodeSummary {
  readonly node: string;
  readonly role: NodeStatistics['role'];
  readonly count: number;
  readonly processPeakBytes: number;
  readonly engineBytes: number;
  readonly cpuSeconds: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly tilesComputed: number;
  /** Those of `tilesComputed` that belong to another edge's frame. */
  readonly tilesStolen: number;
  readonly tilesReissued: number;
  /** Of a source whose frames come at a rate. */
  readonly queue?: QueueSummary;
}

export interface Run {
  /** 1-based line of trials.jsonl. */
  readonly line: number;
  readonly repetition: number;
  readonly status: TrialStatus;
  readonly makespanMs?: number;
}

export interface PointSummary extends Speedups {
  readonly parameters: Parameters;
  readonly runs: readonly Run[];
  readonly ok: number;
  readonly degraded: number;
  readonly failed: number;
  readonly makespanMs?: Estimate;
  readonly throughputFps?: Estimate;
  /** Of each repetition's median over its frames. */
  readonly latencyMs?: Estimate;
  /** 95 % of all frames of all repetitions took at most this long. */
  readonly latency95Ms?: number;
  /** Where frames come at a rate. */
  readonly queue?: QueueSummary;
  /** Sum over the nodes. */
  readonly bytesSent?: Estimate;
  readonly memory: Readonly<Partial<Record<'gateway' | 'edge', RoleMemory>>>;
  readonly nodes: readonly NodeSummary[];
}

export interface Summary {
  readonly experiment: string;
  readonly points: readonly PointSummary[];
}

interface NumberedTrial {
  readonly line: number;
  readonly trial: TrialRecord;
}

export function summarize(results: Results): Summary {
  const lines = trialLines(results);
  const numbered = results.trials.map((trial, index) => ({ line: lines[index]!, trial }));
  const groups = groupBy(numbered, ({ trial }) => pointKey(trial.parameters));
  const { seed, experiment } = results.manifest;
  const points = [...groups.values()].map((group) => summarizePoint(group, seed));
  const timed = points.map(({ parameters, runs }) => ({
    parameters,
    makespansMs: runs.flatMap(({ makespanMs }) => makespanMs ?? []),
  }));
  return {
    experiment: experiment.name,
    points: points
      .map((point, index) => ({ ...point, ...speedupsOf(timed[index]!, timed, seed) }))
      .sort((a, b) => comparePoints(a.parameters, b.parameters)),
  };
}

function summarizePoint(group: readonly NumberedTrial[], seed: number): PointSummary {
  const measured = group.map(({ trial }) => trial).filter(({ status }) => status !== 'failed');
  const estimated = <Name extends string>(
    name: Name,
    value: (trial: TrialRecord) => number | undefined,
  ): Partial<Record<Name, Estimate>> => {
    const estimate = estimateOf(measured.map(value), seed);
    return (estimate === undefined ? {} : { [name]: estimate }) as Partial<Record<Name, Estimate>>;
  };
  const latencies = measured.flatMap(({ frames }) => frames.map(({ latencyMs }) => latencyMs));
  const countOf = (status: TrialStatus) =>
    group.filter(({ trial }) => trial.status === status).length;
  return {
    parameters: group[0]!.trial.parameters,
    runs: group.map(runOf).sort((a, b) => a.repetition - b.repetition || a.line - b.line),
    ok: countOf('ok'),
    degraded: countOf('degraded'),
    failed: countOf('failed'),
    ...estimated('makespanMs', ({ makespanMs }) => makespanMs),
    ...estimated('throughputFps', ({ throughputFps }) => throughputFps),
    ...estimated('latencyMs', ({ frames }) =>
      frames.length === 0 ? undefined : median(frames.map(({ latencyMs }) => latencyMs)),
    ),
    ...(latencies.length === 0 ? {} : { latency95Ms: quantile(latencies, 0.95) }),
    ...queueSummary(
      measured.map((trial) => queuesOf(trial).map(([, queue]) => queue)),
      seed,
    ),
    ...estimated('bytesSent', ({ nodes }) =>
      Object.values(nodes).reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    ),
    memory: {
      ...roleMemory('gateway', measured, seed),
      ...roleMemory('edge', measured, seed),
    },
    nodes: summarizeNodes(measured, seed),
  };
}

function runOf({ line, trial: { repetition, status, makespanMs } }: NumberedTrial): Run {
  const measured = status !== 'failed' && makespanMs !== undefined;
  return { line, repetition, status, ...(measured ? { makespanMs } : {}) };
}

function roleMemory(
  role: 'gateway' | 'edge',
  trials: readonly TrialRecord[],
  seed: number,
): Partial<Record<'gateway' | 'edge', RoleMemory>> {
  const largest = (field: 'peakRssBytes' | 'engineBytes') =>
    estimateOf(
      trials.map(({ nodes }) => {
        const values = Object.values(nodes).filter((node) => node.role === role);
        return values.length === 0 ? undefined : Math.max(...values.map((node) => node[field]));
      }),
      seed,
    );
  const processPeakBytes = largest('peakRssBytes');
  const engineBytes = largest('engineBytes');
  if (processPeakBytes === undefined || engineBytes === undefined) return {};
  return { [role]: { processPeakBytes, engineBytes } };
}

function summarizeNodes(trials: readonly TrialRecord[], seed: number): NodeSummary[] {
  const reported = trials.flatMap(({ nodes }) => Object.entries(nodes));
  return [...groupBy(reported, ([node]) => node)]
    .map(([node, list]) =>
      summarizeNode(
        node,
        list.map(([, statistics]) => statistics),
        seed,
      ),
    )
    .sort(compareNodes);
}

function summarizeNode(node: string, list: readonly NodeStatistics[], seed: number): NodeSummary {
  const medianOf = (field: Exclude<keyof NodeStatistics, 'role' | 'sentByKind' | 'queue'>) =>
    median(list.map((statistics) => statistics[field]));
  return {
    node,
    role: list[0]!.role,
    count: list.length,
    processPeakBytes: medianOf('peakRssBytes'),
    engineBytes: medianOf('engineBytes'),
    cpuSeconds: medianOf('cpuSeconds'),
    bytesSent: medianOf('bytesSent'),
    bytesReceived: medianOf('bytesReceived'),
    tilesComputed: medianOf('tilesComputed'),
    tilesStolen: medianOf('tilesStolen'),
    tilesReissued: medianOf('tilesReissued'),
    ...queueSummary(
      list.map(({ queue }) => (queue === undefined ? [] : [queue])),
      seed,
    ),
  };
}

function queueSummary(
  repetitions: readonly (readonly QueueReport[])[],
  seed: number,
): { readonly queue?: QueueSummary } {
  const queue = summarizeQueues(repetitions, seed);
  return queue === undefined ? {} : { queue };
}

/** The gateway first, then edges by name, numbers in names by their size, and the host last. */
export function compareNodes(
  a: { readonly node: string; readonly role?: string },
  b: { readonly node: string; readonly role?: string },
): number {
  const rank = (role = 'edge') => ['gateway', 'edge', 'host'].indexOf(role);
  return rank(a.role) - rank(b.role) || a.node.localeCompare(b.node, 'en', { numeric: true });
}
