/** Which repetitions an experiment consists of, and in which order they run. Pure. */
import { createHash } from 'node:crypto';
import type { Precision } from '../../runtime/model/precision.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import type { Strategy } from '../../runtime/schedule/strategies.ts';
import type { Parameters } from '../results/format.ts';
import { seededRandom } from '../results/seeded-random.ts';
import type { Rate } from '../spec/rate.ts';
import type { Experiment, Sources, Testbed } from '../spec/resolved.ts';
import { testbedHash } from '../testbeds/state.ts';

export interface PlannedTrial {
  /** Equal exactly when the same thing would be measured: 12 hex digits. */
  readonly trial: string;
  readonly parameters: Parameters;
  readonly grid: Grid;
  readonly strategy: Strategy;
  readonly precision: Precision;
  /** Names of the edges that have frames. */
  readonly sources: readonly string[];
  readonly rate: Rate;
}

export interface Repetition extends PlannedTrial {
  /** From 1; references count on behind the last. */
  readonly repetition: number;
  /** Runs for the drift alone, and enters no median. */
  readonly reference?: true;
}

/** What a trial's identity depends on beside the specs: bytes that lie outside them. */
export interface TrialInputs {
  readonly runtimeHash: string;
  /** SHA-256 of the cfg. */
  readonly cfgHash: string;
  /** SHA-256 of the weights file, or `synthetic:SEED`. */
  readonly weightsHash: string;
  /** SHA-256 of each picture, in the order of use; empty for generated frames. */
  readonly pictureHashes: readonly string[];
}

export function planTrials(
  experiment: Experiment,
  testbed: Testbed,
  inputs: TrialInputs,
): readonly PlannedTrial[] {
  const allEdges = testbed.nodes.filter(({ role }) => role === 'edge').map(({ name }) => name);
  const { frames, engine, threshold, framesInFlight, warmup, liveness, faults, seed } = experiment;
  const { transfer } = experiment;
  return experiment.trials.map((trial) => {
    const { parameters: given, grid, strategy, precision, sources: wanted, rate } = trial;
    const edges = given.edges === 0 ? allEdges.length : given.edges;
    const sources = sourceNames(wanted, allEdges.slice(0, edges));
    const said = wanted === 'all' ? { sources: sources.length } : {};
    const parameters = { ...given, edges, ...said };
    const identity = {
      parameters,
      inputs,
      testbed: testbedHash(testbed),
      frames: { count: frames.count, sources },
      settings: { engine, threshold, framesInFlight, warmup, liveness, faults, seed },
      // Of a frame that stays where it is nothing travels but the last map.
      ...(strategy.name !== 'local' && { transfer }),
    };
    return {
      trial: shortHash(JSON.stringify(identity)),
      parameters,
      grid,
      strategy,
      precision,
      sources,
      rate,
    };
  });
}

/**
 * Every trial once, in a random order, then every trial again: whatever slowly changes on the machine
 * then touches all trials alike (a randomised block design).
 */
export function interleave(
  trials: readonly PlannedTrial[],
  repeat: number,
  seed: number,
): readonly Repetition[] {
  const random = seededRandom(seed);
  return Array.from({ length: repeat }, (_, round) =>
    shuffled(trials, random).map((trial) => ({ ...trial, repetition: round + 1 })),
  ).flat();
}

/** The first trial before all, after every so many, and after the last: what it takes then is drift. */
export function withReferences(
  repetitions: readonly Repetition[],
  reference: PlannedTrial,
  repeat: number,
  every: number | undefined,
): readonly Repetition[] {
  if (every === undefined) return repetitions;
  let repetition = repeat;
  const next = (): Repetition => ({ ...reference, repetition: ++repetition, reference: true });
  const blocks = Array.from({ length: Math.ceil(repetitions.length / every) }, (_, block) =>
    repetitions.slice(block * every, (block + 1) * every),
  );
  return [next(), ...blocks.flatMap((block) => [...block, next()])];
}

export function describeParameters(parameters: Parameters): string {
  const { edges, grid, fusedLayers, strategy, reuse, sources, rate } = parameters;
  const { order, align, precision } = parameters;
  return [
    edges === 1 ? '1 edge' : `${edges} edges`,
    grid,
    `${fusedLayers} fused layers`,
    reuse ? `${strategy} with reuse` : strategy,
    ...[order, align, precision].filter((choice) => choice !== undefined),
    ...(sources === undefined ? [] : [sources === 1 ? '1 source' : `${sources} sources`]),
    ...(rate === undefined ? [] : [rate]),
  ].join(', ');
}

function sourceNames(sources: Sources, edges: readonly string[]): readonly string[] {
  if (sources === 'all') return edges;
  return typeof sources === 'number' ? edges.slice(0, sources) : sources;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Durstenfeld's version of the Fisher-Yates shuffle (CACM 7(7), algorithm 235). */
function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
