import { expect, test } from 'vitest';
import { edgeMemoryChart, makespanChart, nodeMemoryChart, tilesChart } from './charts.ts';
import type { Drawing } from './drawing.ts';
import { fixtureResults } from './fixture.ts';
import { summarize } from './summary.ts';

const { points } = summarize(fixtureResults());
const [alone, pair] = points;

function tips({ body }: Drawing): string[] {
  return [...body.text.matchAll(/<title>([^<]*)<\/title>/g)].map(([, tip]) => tip!);
}

function widths({ body }: Drawing): number[] {
  return [
    ...body.text.matchAll(/<rect class="f\d" x="\d[^"]*" y="[^"]*" width="([^"]*)" height="11"/g),
  ].map(([, width]) => Number(width));
}

test('every run that ended has its dot, with the line that it comes from', () => {
  const chart = makespanChart(points);
  expect(tips(chart)).toHaveLength(5);
  expect(tips(chart).at(-1)).toMatch(/^repetition 3: \d+ ms, degraded \(trials.jsonl, line 6\)$/);
  const dots = [...chart.body.text.matchAll(/<circle class="run( degraded)?" [^>]*><title>/g)];
  expect(dots.map(([, degraded]) => degraded !== undefined)).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
});

test('a single run has no interval; a point without runs says so', () => {
  const interval = 'class="interval"';
  const intervals = ({ body }: Drawing) => body.text.split(interval).length - 1;
  expect(intervals(makespanChart(points))).toBe(3);
  const results = fixtureResults();
  const [first, , failed] = results.trials;
  const once = summarize({ ...results, trials: [first!] }).points;
  expect(intervals(makespanChart(once))).toBe(1);
  const never = summarize({ ...results, trials: [failed!] }).points;
  expect(makespanChart(never).body.text).toContain('no run came to an end');
});

test('bars are as long as their values, process beside engine', () => {
  const { memory } = pair!;
  const [process1, engine1, process2, engine2] = widths(edgeMemoryChart([alone!, pair!]));
  expect(process2! / engine2!).toBeCloseTo(
    memory.edge!.processPeakBytes.median / memory.edge!.engineBytes.median,
    1,
  );
  expect(engine1).toBe(engine2);
  expect(process1).toBeGreaterThan(engine1!);
  expect(tips(nodeMemoryChart(pair!.nodes))[1]).toMatch(/^gateway, engine: 207 MiB$/);
});

test('own and stolen tiles lie end to end, of edges alone', () => {
  const [, edge0, edge1] = pair!.nodes;
  const nodes = [{ ...edge0!, tilesComputed: 30, tilesStolen: 10 }, edge1!];
  const chart = tilesChart(nodes);
  expect(tips(chart).slice(0, 2)).toEqual(['edge0, own: 20 tiles', 'edge0, stolen: 10 tiles']);
  const bars = chart.body.text.matchAll(
    /<rect class="f[01]" x="([^"]*)" y="[^"]*" width="([^"]*)" height="11"/g,
  );
  const [first, second] = [...bars].map(([, x, width]) => ({ x: Number(x), width: Number(width) }));
  expect(first!.x + first!.width).toBeCloseTo(second!.x, 1);
  expect(tips(tilesChart(pair!.nodes)).join()).not.toContain('gateway');
});
