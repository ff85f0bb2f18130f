/**
 * What an experiment came to: one row a point of its matrix, medians over its repetitions. A failed or
 * invalid trial is counted and enters no figure; a degraded one enters them and is counted as such.
 */
import type { Accuracy, Parameters, TrialRecord, TrialStatus } from '../harness/results/format.ts';
import { median, quantile } from '../runtime/quantiles.ts';
import { accuracyOf } from './accuracy.ts';
import { type Estimate, estimateOf } from './estimate.ts';
import { groupBy } from './group.ts';
import { type NodeSummary, summarizeNodes } from './node-summary.ts';
import { comparePoints, pointKey } from './point.ts';
import { type QueueSummary, queuesOf, summarizeQueues } from './queue.ts';
import { type Results, trialLines } from './read.ts';
import { type Speedups, speedupsOf } from './speedup.ts';

/** Of the nodes of one role, the one with the most: it decides which device is enough. */
export interface RoleMemory {
  /** VmHWM of the largest process. */
  readonly processPeakBytes: Estimate;
  /** What the engine of the fullest node holds: weights and activations. A part of a process. */
  readonly engineBytes: Estimate;
}

export interface Run {
  /** 1-based line of trials.jsonl. */
  readonly line: number;
  readonly repetition: number;
  readonly status: TrialStatus;
  /** Of a run that counts. */
  readonly makespanMs?: number;
}

export interface PointSummary extends Speedups {
  readonly parameters: Parameters;
  readonly runs: readonly Run[];
  readonly ok: number;
  readonly degraded: number;
  readonly failed: number;
  /** Ended, but not what the experiment asked for. */
  readonly invalid: number;
  readonly makespanMs?: Estimate;
  readonly throughputFps?: Estimate;
  /** Of each repetition's median over its frames. */
  readonly latencyMs?: Estimate;
  /** 90 and 99 % of all frames of all repetitions took at most this long; where there are enough of them. */
  readonly latency90Ms?: number;
  readonly latency99Ms?: number;
  /** Where frames come at a rate. */
  readonly queue?: QueueSummary;
  /** Of a precision that is not float32. */
  readonly accuracy?: Accuracy;
  /** Sum over the nodes. */
  readonly bytesSent?: Estimate;
  /** Multiply-accumulates of all edges for each frame that was answered. */
  readonly operationsPerFrame?: Estimate;
  readonly memory: Readonly<Partial<Record<'gateway' | 'edge', RoleMemory>>>;
  readonly nodes: readonly NodeSummary[];
}

export interface Summary {
  readonly experiment: string;
  readonly points: readonly PointSummary[];
}

/** Ended, and what the experiment asked for: what a median may be made of. */
export function isMeasured({ status, verdict, reference }: TrialRecord): boolean {
  return reference !== true && status !== 'failed' && verdict?.verdict !== 'invalid';
}

interface NumberedTrial {
  readonly line: number;
  readonly trial: TrialRecord;
}

export function summarize(results: Results): Summary {
  const lines = trialLines(results);
  const numbered = results.trials.map((trial, index) => ({ line: lines[index]!, trial }));
  const groups = groupBy(
    numbered.filter(({ trial }) => trial.reference !== true),
    ({ trial }) => pointKey(trial.parameters),
  );
  const { seed, experiment } = results.manifest;
  const points = [...groups.values()].map((group) => summarizePoint(group, seed));
  const timed = points.map(({ parameters, runs }) => ({
    parameters,
    makespansMs: runs.flatMap(({ makespanMs }) => makespanMs ?? []),
  }));
  const speedups = speedupsOf(timed, seed);
  return {
    experiment: experiment.name,
    points: points
      .map((point, index) => ({ ...point, ...speedups[index] }))
      .sort((a, b) => comparePoints(a.parameters, b.parameters)),
  };
}

function summarizePoint(group: readonly NumberedTrial[], seed: number): PointSummary {
  const measured = group.map(({ trial }) => trial).filter(isMeasured);
  const estimated = <Name extends string>(
    name: Name,
    value: (trial: TrialRecord) => number | undefined,
  ): Partial<Record<Name, Estimate>> => {
    const estimate = estimateOf(measured.map(value), seed);
    return (estimate === undefined ? {} : { [name]: estimate }) as Partial<Record<Name, Estimate>>;
  };
  const latencies = measured.flatMap(({ frames }) => frames.map(({ latencyMs }) => latencyMs));
  const accuracy = accuracyOf(measured);
  const countOf = (status: TrialStatus) =>
    measured.filter((trial) => trial.status === status).length;
  const failed = group.filter(({ trial }) => trial.status === 'failed').length;
  return {
    parameters: group[0]!.trial.parameters,
    runs: group.map(runOf).sort((a, b) => a.repetition - b.repetition || a.line - b.line),
    ok: countOf('ok'),
    degraded: countOf('degraded'),
    failed,
    invalid: group.length - measured.length - failed,
    ...estimated('makespanMs', ({ makespanMs }) => makespanMs),
    ...estimated('throughputFps', ({ throughputFps }) => throughputFps),
    ...estimated('latencyMs', ({ frames }) =>
      frames.length === 0 ? undefined : median(frames.map(({ latencyMs }) => latencyMs)),
    ),
    ...percentiles(latencies),
    ...summarizeQueues(
      measured.map((trial) => queuesOf(trial).map(([, queue]) => queue)),
      seed,
    ),
    ...estimated('operationsPerFrame', operationsPerFrame),
    ...(accuracy === undefined ? {} : { accuracy }),
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

/** Fewer frames than this beyond a percentile, and it is one frame's chance. */
const FRAMES_BEYOND = 5;

function percentiles(latencies: readonly number[]) {
  const known = (beyond: number) => latencies.length * beyond >= FRAMES_BEYOND - 1e-9;
  return {
    ...(known(0.1) ? { latency90Ms: quantile(latencies, 0.9) } : {}),
    ...(known(0.01) ? { latency99Ms: quantile(latencies, 0.99) } : {}),
  };
}

/** Undefined where edges told none, or some that computed were lost before they could. */
function operationsPerFrame({ nodes, frames, status }: TrialRecord): number | undefined {
  const operations = Object.values(nodes).reduce(
    (sum, { multiplyAccumulates = 0 }) => sum + multiplyAccumulates,
    0,
  );
  return operations === 0 || frames.length === 0 || status !== 'ok'
    ? undefined
    : operations / frames.length;
}

function runOf({ line, trial }: NumberedTrial): Run {
  const { repetition, status, makespanMs } = trial;
  const counts = isMeasured(trial) && makespanMs !== undefined;
  return { line, repetition, status, ...(counts ? { makespanMs } : {}) };
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
        const most = Math.max(0, ...values.map((node) => node[field]));
        // A simulation knows nothing of memory.
        return most === 0 ? undefined : most;
      }),
      seed,
    );
  const processPeakBytes = largest('peakRssBytes');
  const engineBytes = largest('engineBytes');
  if (processPeakBytes === undefined || engineBytes === undefined) return {};
  return { [role]: { processPeakBytes, engineBytes } };
}
