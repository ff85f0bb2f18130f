/** What simulated trials send, against what a plan's geometry says and against what tiles were stolen. */
import { expect, test } from 'vitest';
import { dealtStrategy } from '../partition/dealt.ts';
import { planFusedTiles } from '../partition/ftp.ts';
import { areaOf } from '../partition/region.ts';
import { dealtTraffic } from '../partition/traffic.ts';
import type { StrategyName } from '../schedule/strategies.ts';
import type { FrameTransfer } from '../schedule/transfer.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { simulateTrial } from './trial.ts';

const NETWORK = networkOf(
  { width: 24, height: 24, channels: 3 },
  section('convolutional', { filters: 2, size: 3, pad: 1 }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
);
const LAYERS = NETWORK.layers.length;
const GRID = { rows: 3, columns: 2 };
const FRAMES = 2;
const TIMES = {
  messageMs: 0,
  messageMsPerByte: 0,
  readMs: 0,
  cutMs: 0,
  layerMs: Array.from({ length: LAYERS }, () => 5),
  runMs: 0,
  answerMs: 0,
};
const NODE = { times: TIMES, hasOneCore: false };
/** A header of 12 bytes, and the fields. */
const HEAD_BYTES = { picture: 12 + 5, piece: 12 + 11, output: 12 + 8, task: 12 + 37 };

function choice(name: StrategyName) {
  return { name, reuse: false, order: 'checkerboard', align: 'per-layer' } as const;
}

function simulate(name: StrategyName, frames: FrameTransfer) {
  const { nodes, spans } = simulateTrial({
    network: NETWORK,
    fusedLayers: LAYERS,
    grid: GRID,
    strategy: choice(name),
    framesInFlight: 1,
    transfer: { frames, halos: 'direct' },
    spans: true,
    gateway: { ...NODE, name: 'gateway', finishMs: 0 },
    edges: [0, 1, 2].map((index) => ({
      ...NODE,
      name: `edge${index}`,
      frames: index === 0 ? FRAMES : 0,
      rate: { kind: 'back-to-back' },
    })),
  });
  const payload = (kind: keyof typeof HEAD_BYTES) =>
    [...nodes.values()].reduce((sum, { sentByKind }) => {
      const { messages, bytes } = sentByKind[kind] ?? { messages: 0, bytes: 0 };
      return sum + bytes - messages * HEAD_BYTES[kind];
    }, 0);
  return { payload, spans };
}

test.each(['ftp-wsh', 'modnn', 'neighbour'] as const)('%s sends what its plan says', (name) => {
  const plan = dealtStrategy(choice(name)).planner({
    network: NETWORK,
    fusedLayers: LAYERS,
    grid: GRID,
    align: 'per-layer',
    edges: [0, 1, 2].map((index) => ({ name: `edge${index}`, layerMs: TIMES.layerMs })),
  });
  for (const [frames, elementBytes] of [
    ['floats', 4],
    ['pixels', 1],
  ] as const) {
    const { payload } = simulate(name, frames);
    const traffic = dealtTraffic(NETWORK, plan, elementBytes);
    const sum = Object.values(traffic).reduce((total: number, bytes: number) => total + bytes, 0);
    expect(payload('picture') + payload('piece') + payload('output')).toBe(FRAMES * sum);
  }
});

test('a stolen tile is its part of the frame', () => {
  const { tiles } = planFusedTiles(NETWORK, GRID, LAYERS);
  for (const [frames, bytes] of [
    ['floats', 12],
    ['pixels', 3],
  ] as const) {
    const { payload, spans } = simulate('ftp-wst', frames);
    const stolen = spans.filter(({ kind, node }) => kind === 'compute' && node !== 'edge0');
    expect(stolen.length).toBeGreaterThan(0);
    const area = stolen.reduce((sum, { tile }) => sum + areaOf(tiles[tile!]!.input), 0);
    expect(payload('task')).toBe(bytes * area);
  }
});
