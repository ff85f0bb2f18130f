/** A claim holds, does not hold, or is not tested: by our values alone. */
import { expect, test } from 'vitest';
import type { Transfer } from '../../runtime/schedule/transfer.ts';
import type { ReproducedPanel } from '../results/reproduction.ts';
import { judgeClaims } from './claims.ts';

const LABELS = ['1', '2', '3', '4', '5', '6'];

function latencies(curves: Readonly<Record<string, readonly (number | null)[]>>): ReproducedPanel {
  return {
    id: 'latency',
    title: 'Latency',
    unit: 's',
    x: { title: 'devices', labels: LABELS },
    how: 'measurement',
    series: Object.entries(curves).map(([name, ours]) => ({
      name,
      paper: LABELS.map(() => 1),
      ours,
    })),
  };
}

function verdictOf(start: string, panel: ReproducedPanel): string {
  const claims = judgeClaims('deepthings-fig13', [panel]);
  return claims.find(({ claim }) => claim.startsWith(start))!.verdict;
}

test.each([
  { values: [17, 10, 8.5, 7.5, 7.8, 8], verdict: 'holds' },
  { values: [17, 10, 8, 7, 6, 5], verdict: 'does not hold' },
  { values: [17, 10, null, null, null, null], verdict: 'not tested here' },
])('MoDNN of $values: $verdict', ({ values, verdict }) => {
  expect(verdictOf('MoDNN', latencies({ MoDNN: values }))).toBe(verdict);
});

test('reuse that slows frames down makes its claim fall', () => {
  const panel = latencies({ '3x3 WST': [9, 5, 4, 3, 3, 3], '3x3 WST-S': [9, 6, 5, 4, 4, 4] });
  expect(verdictOf('reuse makes frames faster', panel)).toBe('does not hold');
  expect(verdictOf('work stealing', panel)).toBe('not tested here');
});

const IN_ORDER = { '4 layers': [1.7, 1.6], '8 layers': [2.8, 2.6], '16 layers': [2.9, 2.7] };

test.each([
  { claim: 'the more layers', change: {}, verdict: 'holds' },
  { claim: 'the more layers', change: { '16 layers': [2.7, 2.6] }, verdict: 'does not hold' },
  { claim: 'the finer the grid', change: {}, verdict: 'holds' },
  { claim: 'the finer the grid', change: { '8 layers': [2.7, 2.8] }, verdict: 'does not hold' },
  { claim: 'on one device', change: {}, verdict: 'not tested here' },
])('figure 15, $claim, with $change: $verdict', ({ claim, change, verdict }) => {
  const labels = ['3x3', '5x5'];
  const series = Object.entries({ ...IN_ORDER, ...change }).map(([name, ours]) => ({
    name,
    paper: labels.map(() => null),
    ours,
  }));
  const speedup: ReproducedPanel = {
    id: 'speedup',
    title: 'Speedup',
    unit: 'times',
    x: { title: 'grid', labels },
    how: 'measurement',
    series,
  };
  const judged = judgeClaims('deepthings-fig15', [speedup]);
  expect(judged.find((one) => one.claim.startsWith(claim))!.verdict).toBe(verdict);
});

test('what is found of bytes on the wire says how frames and halos travelled there', () => {
  const bytes = {
    ...latencies({
      '5x5 WSH': [19, 19, 19, 19, 19, 19],
      '5x5 WST': [1.4, 7, 9, 11, 11, 12],
      '5x5 WST-S': [4, 8, 10, 12, 12, 13],
    }),
    id: 'communication-measured',
  };
  const findings = (transfer?: Transfer) =>
    judgeClaims('deepthings-fig12', [bytes], transfer)
      .map(({ found }) => found)
      .join('\n');
  expect(findings()).toContain('where pixels travel as bytes and not as floats');
  expect(findings()).toContain('where halos stay at the edge that computed them');
  const papers = findings({ frames: 'floats', halos: 'gateway' });
  expect(papers).toContain('where frames travel as floats, as in the paper');
  expect(papers).toContain('where halos go through the gateway, as in the paper');
  expect(papers).not.toContain('pixels');
});
