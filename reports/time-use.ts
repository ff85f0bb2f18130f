/**
 * Where the time goes: each node's time from the start signal to the last detections, by what it was
 * spent on. Of things that go on at once the one that needs a CPU counts, so that parts add up to the whole.
 */
import type { Trace, TraceSpan } from '../harness/results/format.ts';
import { groupBy } from './group.ts';
import { compareNodes } from './node-summary.ts';

type Kind = TraceSpan['kind'];

/** The first that goes on is what the time is counted for. */
const PRECEDENCE: readonly Kind[] = [
  'compute',
  'finish',
  'cut',
  'merge',
  'detect',
  'fetch',
  'transfer',
];

export const TIME_USES: Readonly<Record<Kind | 'wait', string>> = {
  compute: 'compute tiles',
  finish: 'layers behind the fused ones',
  cut: 'load and cut frames',
  merge: 'merge',
  detect: 'detect',
  fetch: 'fetch halos',
  transfer: 'wait for a stolen tile',
  wait: 'wait for others',
};

export interface TimeUse {
  readonly node: string;
  /** Milliseconds of each; what is left is `wait`. */
  readonly spentMs: Readonly<Record<Kind | 'wait', number>>;
}

export function timeUses(
  { spans }: Pick<Trace, 'spans'>,
  makespanMs: number,
  roleOf: (node: string) => string | undefined,
): TimeUse[] {
  return [...groupBy(spans, ({ node }) => node)]
    .map(([node, own]) => ({ node, role: roleOf(node) ?? 'edge', own }))
    .sort(compareNodes)
    .map(({ node, own }) => ({ node, spentMs: spent(own, makespanMs) }));
}

function spent(spans: readonly TraceSpan[], makespanMs: number): TimeUse['spentMs'] {
  const total = { ...zeros(), wait: makespanMs };
  const going = zeros();
  const moments = spans
    .flatMap(({ kind, startMs, endMs }) => [
      { kind, atMs: within(startMs, makespanMs), change: 1 },
      { kind, atMs: within(endMs, makespanMs), change: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs);
  let lastMs = 0;
  for (const { kind, atMs, change } of moments) {
    const current = PRECEDENCE.find((one) => going[one] > 0);
    if (current !== undefined) {
      total[current] += atMs - lastMs;
      total.wait -= atMs - lastMs;
    }
    going[kind] += change;
    lastMs = atMs;
  }
  return { ...total, wait: Math.max(0, total.wait) };
}

function within(atMs: number, endMs: number): number {
  return Math.min(endMs, Math.max(0, atMs));
}

function zeros(): Record<Kind | 'wait', number> {
  const entries = [...PRECEDENCE, 'wait'].map((kind) => [kind, 0]);
  return Object.fromEntries(entries) as Record<Kind | 'wait', number>;
}
