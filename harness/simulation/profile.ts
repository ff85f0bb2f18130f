/**
 * What measured trials say of devices: how much longer computing takes than is guessed, and a run beside
 * it, by what is computed. Of each way of computing those points count that have the fewest edges, so that
 * what is predicted of more edges was fitted to none of them.
 */

import { median } from '../../runtime/quantiles.ts';
import type { Manifest, Parameters, Trace, TrialRecord } from '../results/format.ts';

/** Factors on what is guessed. */
export interface ComputeProfile {
  readonly computeFactor: number;
  /** Milliseconds that a run takes beside its layers. */
  readonly runMs?: number;
}

export interface Profile {
  /** By `wayOf`. */
  readonly ways: ReadonlyMap<string, ComputeProfile>;
  /** Of ways that were not measured. */
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

/** Everything about a point but its number of edges. */
export function wayOf({ edges: _, ...rest }: Parameters): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * @param guess simulates a point with this profile
 */
export function profileOf(
  measured: Measured,
  guess: (parameters: Parameters, profile: Profile) => Guess | undefined,
): Profile {
  const trials = measured.trials.filter(
    ({ status, verdict, simulated, frames }) =>
      status !== 'failed' &&
      frames.length > 0 &&
      verdict?.verdict !== 'invalid' &&
      simulated !== true,
  );
  const chosen = new Map<string, TrialRecord[]>();
  for (const trial of trials) {
    const way = wayOf(trial.parameters);
    const before = chosen.get(way);
    const fewest = before?.[0]?.parameters.edges ?? Number.POSITIVE_INFINITY;
    if (trial.parameters.edges > fewest) continue;
    if (trial.parameters.edges < fewest) chosen.set(way, [trial]);
    else before!.push(trial);
  }
  const used = [...chosen.values()].flat();
  const spans = readingTimes(measured.traces, used);
  const basis: Profile = {
    ...UNMEASURED,
    linkFactor: linkFactorOf(measured.manifest),
    ...spans,
    points: new Set(used.map(({ parameters }) => JSON.stringify(parameters))),
  };
  const ways = new Map<string, ComputeProfile>();
  for (const [way, records] of chosen) {
    const found = computeProfile(records, (profile) =>
      guess(records[0]!.parameters, { ...basis, any: profile }),
    );
    if (found !== undefined) ways.set(way, found);
  }
  const all = [...ways.values()];
  if (all.length === 0) return basis;
  return { ...basis, ways, any: { computeFactor: median(all.map((one) => one.computeFactor)) } };
}

/** First the computing itself, then what a frame took beside it, shared out over the runs. */
function computeProfile(
  records: readonly TrialRecord[],
  guess: (profile: ComputeProfile) => Guess | undefined,
): ComputeProfile | undefined {
  const first = guess({ computeFactor: 1 });
  const computeMs = median(records.map(totalComputeMs));
  if (first === undefined || first.computeMs === 0 || computeMs === 0) return undefined;
  const { guessedRunMs } = first;
  const computeFactor = computeMs / first.computeMs;
  const second = guess({ computeFactor, runMs: guessedRunMs * computeFactor });
  const latencyMs = median(
    records.map(({ frames }) => median(frames.map((frame) => frame.latencyMs))),
  );
  if (second === undefined) return { computeFactor };
  const missingMs = (latencyMs - second.latencyMs) / second.runs;
  return { computeFactor, runMs: Math.max(0, guessedRunMs * computeFactor + missingMs) };
}

function totalComputeMs({ nodes }: TrialRecord): number {
  return Object.values(nodes).reduce((sum, { computeMs = 0 }) => sum + computeMs, 0);
}

/** From the start signal to what a source does first with its frame, and how long it cuts a tile. */
function readingTimes(
  traces: readonly Trace[],
  records: readonly TrialRecord[],
): Pick<Profile, 'readMs' | 'cutMs'> {
  const names = new Set(records.map(({ trial, repetition }) => `${trial}-${repetition}`));
  const own = traces.filter(({ trial, repetition }) => names.has(`${trial}-${repetition}`));
  const first = own.flatMap(({ spans }) => {
    const starts = spans
      .filter(({ source, node }) => source === node)
      .map(({ startMs }) => startMs);
    return starts.length === 0 ? [] : [Math.min(...starts)];
  });
  const cuts = own.flatMap(({ spans }) =>
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
