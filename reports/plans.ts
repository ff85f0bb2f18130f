/** The plans that frames were dealt by, where the strategy plans while it runs: rows for tables. */
import type { PlanRecord } from '../harness/results/format.ts';
import { durationText } from './numbers.ts';
import { type Results, trialLines } from './read.ts';

export const PLAN_HEADERS = [
  'line',
  'from',
  'frames',
  'latency expected',
  'latency measured',
  'interval expected',
  'interval measured',
  'stages',
  'why',
];

/** Empty cells: nobody lived to measure it, or it never came to that. */
export function planRows(results: Results): string[][] {
  const lines = trialLines(results);
  return results.trials.flatMap(({ plans = [] }, index) =>
    plans.map((plan) => [String(lines[index]!), ...cells(plan)]),
  );
}

function cells(plan: PlanRecord): string[] {
  const { source, frame, measured, predictedLatencyMs, predictedIntervalMs } = plan;
  const time = (timeMs: number | undefined) => (timeMs === undefined ? '' : durationText(timeMs));
  return [
    `frame ${frame} of ${source}`,
    measured === undefined ? '' : String(measured.frames),
    time(predictedLatencyMs),
    time(measured?.latencyMs),
    time(predictedIntervalMs),
    time(measured?.intervalMs),
    stagesText(plan),
    plan.why,
  ];
}

/** Layers, and each edge's share of the map behind them. */
function stagesText({ stages }: PlanRecord): string {
  return stages
    .map(({ from, to, parts }) => {
      const whole = parts.reduce((sum, { width, height }) => sum + width * height, 0);
      const shares = parts.map(
        ({ edge, width, height }) => `${edge} ${Math.round((100 * width * height) / whole)} %`,
      );
      return `layers ${from} to ${to - 1}: ${shares.join(', ')}`;
    })
    .join('; ');
}
