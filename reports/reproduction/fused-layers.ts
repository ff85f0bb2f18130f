/**
 * Figure 15: how many layers are fused, and in which grid. It times the fused layers alone, so what the
 * gateway does behind them is taken off each frame's latency, by the frame's own spans.
 */
import type { Trace, TrialRecord } from '../../harness/results/format.ts';
import { PAPER_GRIDS } from '../../harness/results/reproduction.ts';
import { median } from '../../runtime/quantiles.ts';
import { groupBy } from '../group.ts';
import type { Results } from '../read.ts';
import { isMeasured } from '../summary.ts';
import { type MeasuredPanels, mebibytesAFrame } from './panels.ts';

const FUSED = [4, 8, 16];
const DEVICES = 6;
/** Of the paper's baseline, which is the fastest on one device in every case, it says. */
const BASE_GRID = '3x3';

/** A grid's value with so many fused layers; undefined where it was not measured. */
type Value = (fusedLayers: number, grid: string) => number | undefined;

export function fusedLayersPanels({ trials, traces }: Results): MeasuredPanels {
  const ended = trials.filter(isMeasured);
  const seconds = (strategy: string, edges: number, fusedLayers: number, grid: string) =>
    fusedSeconds(pointOf(ended, { strategy, edges, fusedLayers, grid }), traces);
  const stealing: Value = (fusedLayers, grid) => seconds('deepthings', DEVICES, fusedLayers, grid);
  const alone: Value = (fusedLayers, grid) => seconds('deepthings', 1, fusedLayers, grid);
  const plain = (fusedLayers: number) => seconds('local', 1, fusedLayers, '1x1');
  return {
    communication: curves((fusedLayers, grid) =>
      mebibytesAFrame(
        pointOf(ended, { strategy: 'deepthings', edges: DEVICES, fusedLayers, grid }),
      ),
    ),
    speedup: curves((fusedLayers, grid) =>
      ratio(alone(fusedLayers, BASE_GRID), stealing(fusedLayers, grid)),
    ),
    'speedup-plain': curves((fusedLayers, grid) =>
      ratio(plain(fusedLayers), stealing(fusedLayers, grid)),
    ),
    'one-device': curves(alone),
  };
}

interface Point {
  readonly strategy: string;
  readonly edges: number;
  readonly fusedLayers: number;
  readonly grid: string;
}

/** With reuse, where the strategy has it. */
function pointOf(trials: readonly TrialRecord[], point: Point): readonly TrialRecord[] {
  return trials.filter(
    ({ parameters: { strategy, edges, fusedLayers, grid, reuse } }) =>
      strategy === point.strategy &&
      edges === point.edges &&
      fusedLayers === point.fusedLayers &&
      grid === point.grid &&
      reuse === (strategy === 'deepthings'),
  );
}

function curves(value: Value): MeasuredPanels[string] {
  return Object.fromEntries(
    FUSED.map((layers) => [
      `${layers} layers`,
      PAPER_GRIDS.map((grid) => value(layers, grid) ?? null),
    ]),
  );
}

/** From a frame's begin until its last tile is at the gateway, in the median; undefined without traces. */
function fusedSeconds(
  trials: readonly TrialRecord[],
  traces: readonly Trace[],
): number | undefined {
  const latencies = trials.flatMap(({ trial, repetition, frames }) => {
    const trace = traces.find((one) => one.trial === trial && one.repetition === repetition);
    if (trace === undefined) return [];
    const behind = behindFusedMs(trace);
    return frames.flatMap(({ source, frame, latencyMs }) => {
      const behindMs = behind.get(`${source}/${frame}`);
      return behindMs === undefined ? [] : [latencyMs - behindMs];
    });
  });
  return latencies.length === 0 ? undefined : median(latencies) / 1000;
}

/** By frame: what the gateway took for the layers behind the fused ones, and for detections. */
function behindFusedMs({ spans }: Trace): ReadonlyMap<string, number> {
  const behind = spans.filter(({ kind }) => kind === 'finish' || kind === 'detect');
  const frames = groupBy(behind, ({ source, frame }) => `${source}/${frame}`);
  return new Map(
    [...frames].map(([frame, own]) => {
      const startMs = Math.min(...own.map((span) => span.startMs));
      return [frame, Math.max(...own.map((span) => span.endMs)) - startMs];
    }),
  );
}

function ratio(base: number | undefined, value: number | undefined): number | undefined {
  return base === undefined || value === undefined ? undefined : base / value;
}
