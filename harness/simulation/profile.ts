/**
 * What measured trials say of devices: how much longer computing takes than is guessed, and a run beside
 * it, by what is computed. Of each way of computing those points count that have the fewest edges, so that
 * what is predicted of more edges was fitted to none of them.
 */

import { median } from '../../runtime/quantiles.ts';
import { type StrategyName, strategyOn } from '../../runtime/schedule/strategies.ts';
import type { Manifest, Parameters, Trace, TrialRecord } from '../results/format.ts';

/** Factors on what is guessed. */
export interface ComputeProfile {
  readonly computeFactor: number;
  /** Milliseconds that a run takes beside its layers. */
  readonly runMs?: number;
  /** Milliseconds that a frame takes beside its runs. */
  readonly frameMs?: number;
}

export interface Profile {
  /** By `wayOf`. */
  readonly ways: ReadonlyMap<string, ComputeProfile>;
  /** Of ways that were not measured: the median of those that compute in parts, where there are some. */
  readonly any: ComputeProfile;
  readonly readMs?: number;
  readonly cutMs?: number;
  /** Measured rate over what was asked. */
  readonly linkFactor: number;
  /** Points that it is made from, by `JSON.stringify` of their parameters. */
  readonly points: ReadonlySet<string>;
}

export interface Measured {
  readonly manifest: Manifest;
  readonly trials: readonly TrialRecord[];
  readonly traces: readonly Trace[];
}

/** What a simulation with guessed times says of a point. */
export interface Guess {
  /** Of all edges, a frame. */
  readonly computeMs: number;
  readonly latencyMs: number;
  /** Runs of the busiest edge, a frame. */
  readonly runs: number;
  readonly guessedRunMs: number;
}

export const UNMEASURED: Profile = {
  ways: new Map(),
  any: { computeFactor: 1 },
  linkFactor: 1,
  points: new Set(),
};

/** Everything about a point but its number of edges; by what is run: `adaptive` on one edge is `local`. */
export function wayOf(parameters: Parameters): string {
  return withoutEdges({ ...parameters, strategy: ranAs(parameters) });
}

function withoutEdges({ edges: _, ...rest }: Parameters): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ranAs({ edges, strategy, reuse }: Parameters): string {
  const name = strategy as StrategyName;
  return strategyOn(edges, { name, reuse, order: 'checkerboard', align: 'output' }).name;
}

/**
 * @param guess simulates a measured point with this profile, on the testbed that it was measured on
 */
export function profileOf(
  measured: Measured,
  guess: (parameters: Parameters, profile: Profile) => Guess | undefined,
): Profile {
  const chosen = fewestEdges(measured.trials);
  const used = [...chosen.values()].flat();
  const traces = new Map(measured.traces.map((trace) => [nameOf(trace), trace]));
  const basis: Profile = {
    ...UNMEASURED,
    linkFactor: linkFactorOf(measured.manifest),
    ...readingTimes(used.flatMap((record) => traces.get(nameOf(record)) ?? [])),
    points: new Set(used.map(({ parameters }) => JSON.stringify(parameters))),
  };
  const ways = new Map<string, ComputeProfile>();
  const inParts: ComputeProfile[] = [];
  for (const [way, records] of chosen) {
    const { parameters } = records[0]!;
    const measuredMs = {
      compute: median(records.map((record) => computeMs(record, traces.get(nameOf(record))))),
      latency: median(records.map(({ frames }) => median(frames.map((frame) => frame.latencyMs)))),
    };
    const isInParts = ranAs(parameters) !== 'local';
    const found = computeProfile(measuredMs, isInParts, (profile) =>
      guess(parameters, { ...basis, any: profile }),
    );
    if (found === undefined) continue;
    ways.set(way, found);
    if (isInParts) inParts.push(found);
  }
  // An engine that computes layers in one piece has sessions of its own: they say nothing of parts.
  const others = inParts.length > 0 ? inParts : [...ways.values()];
  if (others.length === 0) return basis;
  return { ...basis, ways, any: { computeFactor: median(others.map((one) => one.computeFactor)) } };
}

/** By way, the trials of points that have the fewest edges of all that were measured with the same choices. */
function fewestEdges(trials: readonly TrialRecord[]): ReadonlyMap<string, readonly TrialRecord[]> {
  const usable = trials.filter(
    ({ status, verdict, simulated, frames }) =>
      status !== 'failed' &&
      frames.length > 0 &&
      verdict?.verdict !== 'invalid' &&
      simulated !== true,
  );
  const fewest = new Map<string, number>();
  for (const { parameters } of usable) {
    const choices = withoutEdges(parameters);
    const before = fewest.get(choices) ?? Number.POSITIVE_INFINITY;
    fewest.set(choices, Math.min(before, parameters.edges));
  }
  const chosen = new Map<string, TrialRecord[]>();
  for (const trial of usable) {
    const { parameters } = trial;
    if (parameters.edges > fewest.get(withoutEdges(parameters))!) continue;
    const way = wayOf(parameters);
    const before = chosen.get(way);
    if (before === undefined) chosen.set(way, [trial]);
    else before.push(trial);
  }
  return chosen;
}

/**
 * First the computing itself, then what a frame took beside it, shared out over the runs. Where a strategy
 * that computes in parts has a single run, as strips on one edge have, it stays the frame's: it is not what
 * each of many runs takes on more edges.
 */
function computeProfile(
  measuredMs: { readonly compute: number; readonly latency: number },
  isInParts: boolean,
  guess: (profile: ComputeProfile) => Guess | undefined,
): ComputeProfile | undefined {
  const first = guess({ computeFactor: 1 });
  if (first === undefined || first.computeMs === 0 || measuredMs.compute === 0) return undefined;
  const { guessedRunMs } = first;
  const computeFactor = measuredMs.compute / first.computeMs;
  const scaled = { computeFactor, runMs: guessedRunMs * computeFactor };
  const second = guess(scaled);
  if (second === undefined) return { computeFactor };
  const missingMs = measuredMs.latency - second.latencyMs;
  if (isInParts && second.runs <= 1) return { ...scaled, frameMs: Math.max(0, missingMs) };
  return { computeFactor, runMs: Math.max(0, scaled.runMs + missingMs / second.runs) };
}

/** Of all edges, a frame: the middle one, as its latency is, where the trace tells frames apart. */
function computeMs({ nodes, frames }: TrialRecord, trace: Trace | undefined): number {
  const byFrame = new Map<string, number>();
  for (const { kind, source, frame, startMs, endMs } of trace?.spans ?? []) {
    if (kind !== 'compute') continue;
    const key = `${source}/${frame}`;
    byFrame.set(key, (byFrame.get(key) ?? 0) + endMs - startMs);
  }
  if (byFrame.size > 0) return median([...byFrame.values()]);
  const sum = Object.values(nodes).reduce((before, { computeMs = 0 }) => before + computeMs, 0);
  return sum / frames.length;
}

function nameOf({ trial, repetition }: Pick<TrialRecord, 'trial' | 'repetition'>): string {
  return `${trial}-${repetition}`;
}

/** From the start signal to what a source does first with its frame, and how long it cuts a tile. */
function readingTimes(traces: readonly Trace[]): Pick<Profile, 'readMs' | 'cutMs'> {
  const first = traces.flatMap(({ spans }) => {
    const starts = spans
      .filter(({ source, node }) => source === node)
      .map(({ startMs }) => startMs);
    return starts.length === 0 ? [] : [Math.min(...starts)];
  });
  const cuts = traces.flatMap(({ spans }) =>
    spans.filter(({ kind, node, source }) => kind === 'cut' && node === source),
  );
  return {
    ...(first.length === 0 ? {} : { readMs: median(first) }),
    ...(cuts.length === 0
      ? {}
      : {
          cutMs: cuts.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / cuts.length,
        }),
  };
}

function linkFactorOf({ links = {} }: Manifest): number {
  const factors = Object.values(links).flatMap(({ expected, measured }) => {
    const rate = expected?.rateBitsPerSecond;
    const { sendBitsPerSecond: sends, receiveBitsPerSecond: takes } = measured;
    return rate === undefined || !(sends > 0) || !(takes > 0)
      ? []
      : [Math.min(sends, takes) / rate];
  });
  return factors.length === 0 ? 1 : Math.min(1, median(factors));
}
