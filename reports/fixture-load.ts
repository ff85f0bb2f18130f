/**
 * Results for tests of what is compared: both baselines of a speedup, and rates that a system bears and
 * does not. Queues are those of the runtime's own arrivals, served at a constant speed.
 */
import type { Parameters, TrialRecord } from '../harness/results/format.ts';
import { ArrivalQueue, type QueueReport } from '../runtime/schedule/arrival-queue.ts';
import type { FrameRate } from '../runtime/schedule/arrivals.ts';
import { fixtureResults } from './fixture.ts';
import type { Results } from './read.ts';

const FRAMES = 60;
/** What one source's frames take, one after another. */
const SERVICE_MS = 180;

interface LoadPoint {
  readonly parameters: Parameters;
  readonly makespansMs: readonly number[];
  readonly rates?: readonly FrameRate[];
}

const BASE = { grid: '5x5', fusedLayers: 16 };
const TILED: Omit<Parameters, 'edges'> = {
  ...BASE,
  strategy: 'deepthings',
  reuse: true,
  order: 'checkerboard',
};

const POINTS: readonly LoadPoint[] = [
  {
    parameters: { ...BASE, edges: 1, grid: '1x1', strategy: 'local', reuse: false },
    makespansMs: [9000, 9100, 8950],
  },
  { parameters: { ...TILED, edges: 1 }, makespansMs: [11_200, 11_050, 11_300] },
  { parameters: { ...TILED, edges: 2 }, makespansMs: [6000, 6100, 5950] },
  {
    parameters: { ...TILED, edges: 2, rate: '4fps' },
    makespansMs: [15_000, 15_010, 14_990],
    rates: [1, 1, 1].map(() => ({ kind: 'fixed', framesPerSecond: 4 })),
  },
  {
    parameters: { ...TILED, edges: 2, sources: 2, rate: 'poisson 8fps' },
    makespansMs: [10_900, 11_000, 10_950],
    rates: [7, 8, 9].map((seed) => ({ kind: 'poisson', framesPerSecond: 8, seed })),
  },
];

export function loadResults(folder = 'results'): Results {
  const fixture = fixtureResults(1, folder);
  const [, donor] = fixture.trials;
  const trials = POINTS.flatMap(({ parameters, makespansMs, rates }, point) =>
    makespansMs.map((makespanMs, index): TrialRecord => {
      const rate = rates?.[index];
      return {
        ...donor!,
        trial: `${point}b7f3c1e9d`,
        parameters,
        repetition: index + 1,
        order: makespansMs.length * point + index,
        makespanMs,
        throughputFps: (1000 * FRAMES) / makespanMs,
        nodes: rate === undefined ? donor!.nodes : withQueues(donor!.nodes, parameters, rate),
      };
    }),
  );
  return { ...fixture, trials, traces: [] };
}

function withQueues(
  nodes: TrialRecord['nodes'],
  { sources = 1 }: Parameters,
  rate: FrameRate,
): TrialRecord['nodes'] {
  const entries = Object.entries(nodes).map(([name, statistics], index) => {
    const isSource = ['edge0', 'edge1'].slice(0, sources).includes(name);
    const own = rate.kind === 'poisson' ? { ...rate, seed: rate.seed + 100 * index } : rate;
    return [name, isSource ? { ...statistics, queue: serve(own) } : statistics];
  });
  return Object.fromEntries(entries);
}

function serve(rate: FrameRate): QueueReport {
  if (rate.kind === 'back-to-back') throw new Error('frames that come back to back wait nowhere');
  const queue = new ArrivalQueue(rate, FRAMES);
  let nowMs = 0;
  for (let taken = 0; taken < FRAMES; taken++) {
    if (queue.waiting(nowMs) === 0) nowMs = queue.nextArrivalMs!;
    queue.take(nowMs);
    nowMs += SERVICE_MS;
  }
  return queue.report();
}
