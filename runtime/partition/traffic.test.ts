/** Figure 12 of DeepThings, as far as geometry alone decides it: bytes a frame in MiB, by devices. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Network } from '../model/network.ts';
import type { Alignment } from '../schedule/strategies.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { planFtpWorkSharing, planModnn, planNeighbour } from './dealt.ts';
import { stagePieces } from './pieces.ts';
import type { DealtPlan, DealtPlanner } from './stages.ts';
import { dealtTraffic } from './traffic.ts';

const MEBIBYTE = 2 ** 20;

let network: Network;
beforeAll(async () => {
  network = await bundledNetwork('yolov2');
});

function plan(planner: DealtPlanner, devices: number, side = 5, align: Alignment = 'output') {
  const edges = Array.from({ length: devices }, (_, index) => ({
    name: `edge${index}`,
    layerMs: [],
  }));
  return planner({ network, fusedLayers: 16, grid: { rows: side, columns: side }, edges, align });
}

function mebibytes(dealt: DealtPlan): number {
  const traffic = Object.values(dealtTraffic(network, dealt)) as number[];
  return traffic.reduce((sum, bytes) => sum + bytes, 0) / MEBIBYTE;
}

test.each([
  { side: 3, expected: 13.793 },
  { side: 4, expected: 16.231 },
  { side: 5, expected: 18.989 },
])('ftp-wsh, $side x $side: $expected with any number of devices', ({ side, expected }) => {
  for (const devices of [1, 2, 3, 4, 5, 6]) {
    const found = mebibytes(plan(planFtpWorkSharing, devices, side));
    expect(Math.abs(found - expected)).toBeLessThan(0.01);
  }
});

describe.each([
  {
    name: 'modnn, strips cut anew for every layer',
    dealt: (devices: number) => plan(planModnn, devices, 5, 'per-layer'),
    expected: [9.871, 10.924, 12.868, 13.921, 17.052, 19.589],
    stages: [1, 8, 10, 9, 10, 10],
  },
  {
    name: "modnn, strips aligned to the last map's",
    dealt: (devices: number) => plan(planModnn, devices),
    expected: [9.87, 10.92, 11.98, 13.03, 14.08, 15.14],
    stages: [1, 8, 8, 8, 8, 8],
  },
  {
    name: 'neighbour: halos go directly, and the source keeps its strip',
    dealt: (devices: number) => plan(planNeighbour, devices),
    expected: [1.41, 4.05, 5.37, 6.23, 6.99, 7.63],
    stages: [1, 8, 8, 8, 8, 8],
  },
])('$name', ({ dealt, expected, stages }) => {
  test.each(expected.map((total, index) => ({ devices: index + 1, total })))(
    '$devices devices: $total',
    ({ devices, total }) => {
      expect(Math.abs(mebibytes(dealt(devices)) - total)).toBeLessThan(0.01);
    },
  );

  test(`stages: ${stages}`, () => {
    expect(expected.map((_, index) => dealt(index + 1).stages.length)).toEqual(stages);
  });
});

test('neighbour has seven points of synchronisation', () => {
  const dealt = plan(planNeighbour, 6);
  const synchronised = dealt.stages.filter(
    (_, stage) => stage > 0 && stagePieces(dealt, stage).length > 0,
  );
  expect(synchronised).toHaveLength(7);
});
