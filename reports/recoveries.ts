/** What happened to nodes in each trial, and how long the others took to get over it: rows for tables. */
import type { RecoveryRecord } from '../harness/results/format.ts';
import { durationText } from './numbers.ts';
import { type Results, trialLines } from './read.ts';

export const RECOVERY_HEADERS = [
  'line',
  'what',
  'node',
  'after',
  'noticed',
  'made good',
  'tiles computed again',
  'back',
];

/** Times but the first count from the moment at which it happened; empty: it did not come to that. */
export function recoveryRows(results: Results): string[][] {
  const lines = trialLines(results);
  return results.trials.flatMap(({ recoveries = [] }, index) =>
    recoveries.map((recovery) => [String(lines[index]!), ...cells(recovery)]),
  );
}

function cells({ fault, node, atMs, ...recovery }: RecoveryRecord): string[] {
  const since = (timeMs: number | undefined) =>
    timeMs === undefined ? '' : durationText(Math.max(0, timeMs - atMs));
  return [
    fault,
    node,
    durationText(atMs),
    since(recovery.detectedAtMs),
    since(recovery.recoveredAtMs),
    String(recovery.tilesRecomputed),
    since(recovery.joinedAtMs ?? recovery.endedAtMs),
  ];
}
