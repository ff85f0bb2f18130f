/** The figures that DeepThings prints about its partitions follow from geometry alone. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Network } from '../model/network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { plainMultiplyAccumulates, planInputBytes, planMultiplyAccumulates } from './analysis.ts';
import { planFusedTiles } from './ftp.ts';

const MEBIBYTE = 2 ** 20;

let network: Network;
beforeAll(async () => {
  network = await bundledNetwork('yolov2');
});

function square(side: number, fusedLayers = 16) {
  return planFusedTiles(network, { rows: side, columns: side }, fusedLayers);
}

describe('YOLOv2, 16 fused layers', () => {
  test.each([
    { side: 1, inputMebibytes: 4.23, work: 1 },
    { side: 2, inputMebibytes: 6.032, work: 1.247 },
    { side: 3, inputMebibytes: 8.152, work: 1.529 },
    { side: 4, inputMebibytes: 10.591, work: 1.845 },
    { side: 5, inputMebibytes: 13.348, work: 2.196 },
  ])('$side x $side: inputs of $inputMebibytes MiB, $work times the work', (expected) => {
    const plan = square(expected.side);
    expect(planInputBytes(network, plan) / MEBIBYTE).toBeCloseTo(expected.inputMebibytes, 3);
    const ratio = planMultiplyAccumulates(network, plan) / plainMultiplyAccumulates(network, plan);
    expect(ratio).toBeCloseTo(expected.work, 3);
  });
});

test.each([
  { fusedLayers: 4, inputs: [4.4, 4.48, 4.57], work: [1.004, 1.006, 1.008] },
  { fusedLayers: 8, inputs: [4.86, 5.2, 5.54], work: [1.058, 1.089, 1.12] },
  { fusedLayers: 12, inputs: [5.87, 6.79, 7.77], work: [1.197, 1.304, 1.417] },
])('$fusedLayers fused layers: the fewer, the less is computed twice', (expected) => {
  for (const [position, side] of [3, 4, 5].entries()) {
    const plan = square(side, expected.fusedLayers);
    expect(planInputBytes(network, plan) / MEBIBYTE).toBeCloseTo(expected.inputs[position]!, 2);
    const ratio = planMultiplyAccumulates(network, plan) / plainMultiplyAccumulates(network, plan);
    expect(ratio).toBeCloseTo(expected.work[position]!, 3);
  }
});
