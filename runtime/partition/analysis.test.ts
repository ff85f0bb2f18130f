/** The figures that DeepThings prints about its partitions follow from geometry alone. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Network } from '../model/network.ts';
import { weightBytes } from '../model/operations.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import {
  layerDataBytes,
  plainMultiplyAccumulates,
  planInputBytes,
  planMultiplyAccumulates,
} from './analysis.ts';
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

describe("figure 11: data of each layer's largest tile, in MiB", () => {
  const original = [
    49.355, 56.406, 33.844, 28.203, 16.922, 16.922, 16.922, 14.102, 8.461, 8.461, 8.461, 7.051,
    4.231, 4.231, 4.231, 4.231,
  ];
  const grid3 = [
    14.189, 16.018, 9.611, 7.812, 4.688, 4.456, 4.456, 3.525, 2.115, 1.898, 1.898, 1.411, 0.847,
    0.659, 0.659, 0.495,
  ];
  const grid5 = [
    8.08, 9.085, 5.451, 4.394, 2.637, 2.464, 2.464, 1.914, 1.148, 0.99, 0.99, 0.703, 0.422, 0.293,
    0.293, 0.188,
  ];

  test.each([
    { side: 1, layers: original, total: 69.456 },
    { side: 3, layers: grid3, total: 29.068 },
    { side: 5, layers: grid5, total: 22.135 },
  ])('$side x $side, $total in all', ({ side, layers, total }) => {
    const data = layerDataBytes(network, square(side)).map((bytes) => bytes / MEBIBYTE);
    expect(data).toHaveLength(16);
    for (const [layer, expected] of layers.entries()) {
      expect(Math.abs(data[layer]! - expected), `layer ${layer}`).toBeLessThan(0.01);
    }
    // The paper counts all weights, and 0.008 for what else there is; biases are part of ours.
    expect(Math.abs(Math.max(...data) + 13.042 + 0.008 - total)).toBeLessThan(0.01);
    const weights = weightBytes(network.layers.slice(0, 16)) / MEBIBYTE;
    expect(Math.abs(weights - 13.042)).toBeLessThan(0.02);
  });

  test('4 x 4, 24.674 in all (figure 15)', () => {
    const data = layerDataBytes(network, square(4)).map((bytes) => bytes / MEBIBYTE);
    expect(Math.abs(Math.max(...data) + 13.042 + 0.008 - 24.674)).toBeLessThan(0.01);
  });
});
