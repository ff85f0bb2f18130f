/** Predictions beside what was measured, point by point, and which part of a frame is predicted worst. */
import type { Parameters, TrialRecord } from '../harness/results/format.ts';
import { median } from '../runtime/quantiles.ts';
import { isMeasured } from './summary.ts';

/** Milliseconds of a frame. */
interface Terms {
  /** Of the edge that computes most. */
  readonly compute: number;
  /** What the busiest link carries, at its rate. */
  readonly transfer: number;
  /** What is left: waiting for each other, reading, and what messages cost. */
  readonly wait: number;
}

export type Term = keyof Terms;

export interface ComparedPoint {
  readonly parameters: Parameters;
  readonly measuredMs: number;
  readonly predictedMs: number;
  /** Predicted over measured. */
  readonly ratio: number;
  /** The prediction was fitted to it: it says nothing of how well others are predicted. */
  readonly isFitted: boolean;
  /** Predicted less measured. */
  readonly off: Terms;
}

export interface Against {
  readonly points: readonly ComparedPoint[];
  /** Medians of how far ratios are from 1, over points that were not fitted; absent where there are none. */
  readonly medianDeviation?: number;
  readonly largestDeviation?: number;
  /** Which term is furthest off, summed over these points. */
  readonly worstTerm?: Term;
}

const TERMS = ['compute', 'transfer', 'wait'] as const;

export interface ComparisonInput {
  readonly measured: readonly TrialRecord[];
  readonly predicted: readonly TrialRecord[];
  readonly fitted: ReadonlySet<string>;
  /** Of the slowest link; absent where none is limited. */
  readonly rateBitsPerSecond?: number;
}

export function compareWithMeasured(input: ComparisonInput): Against {
  const { measured, predicted, fitted, rateBitsPerSecond: rate } = input;
  const points = predicted.flatMap((prediction): ComparedPoint[] => {
    const key = JSON.stringify(prediction.parameters);
    const same = measured.filter(
      (trial) =>
        JSON.stringify(trial.parameters) === key && isMeasured(trial) && trial.frames.length > 0,
    );
    if (same.length === 0 || prediction.frames.length === 0) return [];
    const [found, expected] = [
      same.map((trial) => termsOf(trial, rate)),
      termsOf(prediction, rate),
    ];
    const measuredMs = median(same.map(latencyOf));
    const predictedMs = latencyOf(prediction);
    const differs = (term: Term) => expected[term] - median(found.map((terms) => terms[term]));
    return [
      {
        parameters: prediction.parameters,
        measuredMs,
        predictedMs,
        ratio: predictedMs / measuredMs,
        isFitted: fitted.has(key),
        off: { compute: differs('compute'), transfer: differs('transfer'), wait: differs('wait') },
      },
    ];
  });
  const free = points.filter(({ isFitted }) => !isFitted);
  if (free.length === 0) return { points };
  const deviations = free.map(({ ratio }) => Math.abs(ratio - 1));
  const total = (term: Term) => free.reduce((sum, { off }) => sum + Math.abs(off[term]), 0);
  return {
    points,
    medianDeviation: median(deviations),
    largestDeviation: Math.max(...deviations),
    worstTerm: TERMS.toSorted((a, b) => total(b) - total(a))[0]!,
  };
}

function termsOf(trial: TrialRecord, rate: number | undefined): Terms {
  const nodes = Object.values(trial.nodes);
  const frames = trial.frames.length;
  const compute = Math.max(...nodes.map(({ computeMs = 0 }) => computeMs)) / frames;
  const bytes = Math.max(...nodes.map((node) => Math.max(node.bytesSent, node.bytesReceived)));
  const transfer = rate === undefined ? 0 : (8000 * bytes) / rate / frames;
  return { compute, transfer, wait: latencyOf(trial) - compute - transfer };
}

function latencyOf({ frames }: TrialRecord): number {
  return median(frames.map(({ latencyMs }) => latencyMs));
}
