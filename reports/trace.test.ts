import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { groupBy } from './group.ts';
import type { Results } from './read.ts';
import { renderTrace } from './trace.ts';

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

const results = fixtureResults();

function eventsOf(of: Results): Event[] {
  return JSON.parse(renderTrace(of)).traceEvents;
}

test('a process for every node of every traced repetition, named', () => {
  const names = eventsOf(results).filter(({ name }) => name === 'process_name');
  const nodes = results.traces.flatMap(({ spans }) => [...new Set(spans.map(({ node }) => node))]);
  expect(names).toHaveLength(nodes.length);
  expect(new Set(names.map(({ pid }) => pid)).size).toBe(names.length);
  expect(names[0]!.args).toEqual({
    name: 'gateway · 1 edge, 5x5, 16 fused, deepthings, reuse · repetition 1',
  });
});

test('every span is a complete event in microseconds', () => {
  const complete = eventsOf(results).filter(({ ph }) => ph === 'X');
  const spans = results.traces.flatMap((trace) => trace.spans);
  expect(complete).toHaveLength(spans.length);
  const total = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0);
  expect(total(complete.map(({ dur }) => dur)) / 1000).toBeCloseTo(
    total(spans.map(({ startMs, endMs }) => endMs - startMs)),
    1,
  );
  expect(complete.map(({ name }) => name)).toContain('compute edge0/f1 tile 7');
  const { name, args } = complete.find(({ args: { peer } }) => peer === 'edge1')!;
  expect(name).toMatch(/^merge edge0/);
  expect(args).toMatchObject({ kind: 'merge', source: 'edge0', peer: 'edge1' });
});

test('events of a thread never overlap, also where spans do', () => {
  const [trace] = results.traces;
  const span = { node: 'edge0', kind: 'transfer' as const };
  const overlapping = [
    { ...span, startMs: 0, endMs: 10 },
    { ...span, startMs: 5, endMs: 15 },
    { ...span, startMs: 10, endMs: 10.0000004 },
  ];
  const crowded = { ...trace!, spans: [...trace!.spans, ...overlapping] };
  const events = eventsOf({ ...results, traces: [crowded] }).filter(({ ph }) => ph === 'X');
  const threads = groupBy(events, ({ pid, tid }) => `${pid}/${tid}`);
  expect(threads.size).toBe(7);
  for (const thread of threads.values()) {
    let endsAt = 0;
    for (const { ts, dur } of thread) {
      expect(ts).toBeGreaterThanOrEqual(endsAt - 1e-6);
      endsAt = ts + dur;
    }
  }
});

test('no event lies before zero, though clocks may say so', () => {
  const [trace] = results.traces;
  const spans = [{ node: 'edge0', kind: 'cut' as const, startMs: -2, endMs: 1 }, ...trace!.spans];
  const document = JSON.parse(renderTrace({ ...results, traces: [{ ...trace!, spans }] }));
  const times = (document.traceEvents as Event[])
    .filter(({ ph }) => ph === 'X')
    .map(({ ts }) => ts);
  expect(Math.min(...times)).toBe(0);
  expect(document.otherData.startSignalAtMicroseconds).toBe(2000);
});
