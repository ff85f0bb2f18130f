/** The papers' topology for real: a gateway and edges as pinned processes, through the whole harness. */
import { perRepetition, runBench, speedUp } from './experiment.ts';
import { interval } from './measure.ts';
import type { BenchRow } from './table.ts';

/** DeepThings' C code, four frames over gateway and two edges on two cores like these, in milliseconds. */
const DEEPTHINGS_MS = 43_800;
const MEBIBYTE = 2 ** 20;

export async function benchDistributed(rounds: number): Promise<readonly BenchRow[]> {
  const whole = await runBench('yolov2', rounds);
  const sixteen = await runBench('first16', rounds);
  const twelve = await runBench('first12', rounds);
  const edges = whole
    .filter(({ parameters }) => parameters.edges === 2)
    .flatMap(({ nodes }) => Object.values(nodes).filter(({ role }) => role === 'edge'));
  const makespans = perRepetition(whole, { edges: 2 }, ({ makespanMs }) => makespanMs!);
  return [
    { what: 'four frames, gateway and two pinned edges', value: interval(makespans), unit: 'ms' },
    {
      what: `DeepThings' ${DEEPTHINGS_MS / 1000} s against that`,
      value: interval(makespans.map((makespanMs) => DEEPTHINGS_MS / makespanMs)),
      unit: 'x',
      target: { bound: 'at least', value: 10 },
    },
    {
      what: 'two edges against one, fused layers only',
      value: speedUp(sixteen, { edges: 2 }, { edges: 1 }),
      unit: 'x',
      target: { bound: 'at least', value: 1.6 },
    },
    {
      what: 'two edges against one, all layers, the gateway on the same cores',
      value: speedUp(whole, { edges: 2 }, { edges: 1 }),
      unit: 'x',
    },
    {
      what: '3x3, 12 fused layers, two pinned edges with reuse, against local',
      value: speedUp(twelve, { strategy: 'deepthings' }, { strategy: 'local' }),
      unit: 'x',
      target: { bound: 'at least', value: 1.75 },
    },
    {
      what: 'the same without reuse, against local',
      value: speedUp(twelve, { strategy: 'ftp-wst' }, { strategy: 'local' }),
      unit: 'x',
    },
    {
      what: 'the same layers by neighbour, against local',
      value: speedUp(twelve, { strategy: 'neighbour' }, { strategy: 'local' }),
      unit: 'x',
    },
    {
      what: "an edge's peak resident memory",
      value: interval(edges.map(({ peakRssBytes }) => peakRssBytes / MEBIBYTE)),
      unit: 'MiB',
      target: { bound: 'at most', value: 110 },
    },
    {
      what: "an edge's engine: weights and largest activations",
      value: interval(edges.map(({ engineBytes }) => engineBytes / MEBIBYTE)),
      unit: 'MiB',
      target: { bound: 'at most', value: 23 },
    },
  ];
}
