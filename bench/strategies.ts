/**
 * Every strategy over the same frames on two pinned edges: how it compares with no distribution at all,
 * what its operations cost beside the same number in one piece, and what it sends beside what must travel.
 */
import type { TrialRecord } from '../harness/results/format.ts';
import { STRATEGY_NAMES } from '../runtime/schedule/strategies.ts';
import { perRepetition, runBench, speedUp } from './experiment.ts';
import { interval, ratio } from './measure.ts';
import type { BenchRow } from './table.ts';

/** Messages that bring what a receiver cannot do without: the rest is what it takes to agree on them. */
const CARRIERS: ReadonlySet<string> = new Set([
  'task',
  'halos',
  'result',
  'picture',
  'piece',
  'output',
]);
/** Sent however long things take, so no part of a tile's cost. */
const ALIVE: ReadonlySet<string> = new Set(['heartbeat', 'heartbeatReply']);

export async function benchStrategies(rounds: number): Promise<readonly BenchRow[]> {
  const records = await runBench('strategies', rounds);
  return STRATEGY_NAMES.flatMap((strategy) => strategyRows(records, strategy));
}

function strategyRows(records: readonly TrialRecord[], strategy: string): BenchRow[] {
  const measured = (measure: (record: TrialRecord) => number) =>
    perRepetition(records, { strategy }, measure);
  if (strategy === 'local') {
    return [
      { what: 'local', value: interval(measured(({ makespanMs }) => makespanMs!)), unit: 'ms' },
    ];
  }
  const costs = new Map([
    ['this', measured(millisecondsAnOperation)],
    ['local', perRepetition(records, { strategy: 'local' }, millisecondsAnOperation)],
  ]);
  const [messages, bytes] = [measured(sendingOf('messages')), measured(sendingOf('bytes'))];
  return [
    {
      what: `${strategy} against local`,
      value: speedUp(records, { strategy }, { strategy: 'local' }),
      unit: 'x',
    },
    {
      what: '  an operation, against one of local',
      value: ratio(costs, 'this', 'local'),
      unit: 'x',
    },
    { what: '  messages, against those that carry data', value: interval(messages), unit: 'x' },
    { what: '  bytes, against what must travel', value: interval(bytes), unit: 'x' },
    { what: '  sent a tile', value: interval(measured(mebibytesATile)), unit: 'MiB' },
  ];
}

function millisecondsAnOperation({ nodes }: TrialRecord): number {
  return sumOf(nodes, 'computeMs') / sumOf(nodes, 'multiplyAccumulates');
}

function mebibytesATile({ nodes }: TrialRecord): number {
  return sumOf(nodes, 'bytesSent') / sumOf(nodes, 'tilesComputed') / 2 ** 20;
}

function sumOf(
  nodes: TrialRecord['nodes'],
  field: 'computeMs' | 'multiplyAccumulates' | 'bytesSent' | 'tilesComputed',
): number {
  return Object.values(nodes).reduce((sum, node) => sum + node[field], 0);
}

/** All that was sent over what carries data. */
function sendingOf(unit: 'messages' | 'bytes'): (record: TrialRecord) => number {
  return ({ nodes }) => {
    let [all, carriers] = [0, 0];
    for (const { sentByKind } of Object.values(nodes)) {
      for (const [kind, traffic] of Object.entries(sentByKind)) {
        if (ALIVE.has(kind)) continue;
        all += traffic[unit];
        if (CARRIERS.has(kind)) carriers += traffic[unit];
      }
    }
    return all / carriers;
  };
}
