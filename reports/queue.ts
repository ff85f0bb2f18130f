/** Frames that waited at their sources: what a point's repetitions say of the load together. */
import type { TrialRecord } from '../harness/results/format.ts';
import type { QueueReport } from '../runtime/schedule/arrival-queue.ts';
import type { QueueGrowth } from '../runtime/schedule/queue-growth.ts';
import { type Estimate, estimateOf } from './estimate.ts';
import { significant } from './numbers.ts';

export interface QueueSummary {
  /** All sources together, on average. */
  readonly offeredFps: number;
  /** Of the source with the longest queue. */
  readonly largest: Estimate;
  /** At the last arrival, all sources together. */
  readonly atEnd: Estimate;
  /** All sources together. */
  readonly growthPerSecond: Estimate;
  /** In how many repetitions the worst queue did what. */
  readonly growth: Readonly<Record<QueueGrowth, number>>;
}

/** From the worst on. */
const GROWTHS: readonly QueueGrowth[] = ['grows', 'unclear', 'stable'];

/** The queues of a trial's sources, by name; empty where frames came back to back. */
export function queuesOf({ nodes }: Pick<TrialRecord, 'nodes'>): [string, QueueReport][] {
  return Object.entries(nodes)
    .flatMap(([node, { queue }]): [string, QueueReport][] => (queue ? [[node, queue]] : []))
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
}

/**
 * @param repetitions the queues of each, all sources
 * @returns nothing where no repetition has a queue
 */
export function summarizeQueues(
  repetitions: readonly (readonly QueueReport[])[],
  seed: number,
): { readonly queue?: QueueSummary } {
  const told = repetitions.filter((queues) => queues.length > 0);
  if (told.length === 0) return {};
  const estimate = (of: (queues: readonly QueueReport[]) => number) =>
    estimateOf(told.map(of), seed)!;
  const sum = (field: 'atEnd' | 'growthPerSecond' | 'framesPerSecond') =>
    estimate((queues) => queues.reduce((total, queue) => total + queue[field], 0));
  const worst = told.map((queues) =>
    GROWTHS.find((growth) => queues.some((queue) => queue.growth === growth)),
  );
  const count = (growth: QueueGrowth) => worst.filter((one) => one === growth).length;
  const queue: QueueSummary = {
    offeredFps: sum('framesPerSecond').median,
    largest: estimate((queues) => Math.max(...queues.map(({ largest }) => largest))),
    atEnd: sum('atEnd'),
    growthPerSecond: sum('growthPerSecond'),
    growth: { grows: count('grows'), unclear: count('unclear'), stable: count('stable') },
  };
  return { queue };
}

/** `grows`, or `grows in 2 of 3, stable in 1`. */
export function growthText({ growth }: Pick<QueueSummary, 'growth'>): string {
  const seen = GROWTHS.filter((word) => growth[word] > 0);
  const total = seen.reduce((sum, word) => sum + growth[word], 0);
  if (seen.length === 1) return seen[0]!;
  return seen
    .map((word, index) => `${word} in ${growth[word]}${index === 0 ? ` of ${total}` : ''}`)
    .join(', ');
}

/** `grows, 0.42/s, largest 12`. */
export function queueText(queue: QueueSummary): string {
  return `${growthText(queue)}, ${growthRateText(queue)}, largest ${significant(queue.largest.median)}`;
}

/** The slope, with its sign: frames a second; 0 below a thousandth of what was offered. */
export function growthRateText({
  growthPerSecond: { median: slope },
  offeredFps,
}: Pick<QueueSummary, 'growthPerSecond' | 'offeredFps'>): string {
  if (Math.abs(slope) < offeredFps / 1000) return '0/s';
  return `${slope > 0 ? '+' : ''}${significant(slope)}/s`;
}
