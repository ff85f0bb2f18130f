/**
 * The papers' memory figures follow from geometry alone. Numbers: DeepThings (Zhao et al., TCAD 2018),
 * figures 2, 11 and 15, in MiB, read from the vector paths of the figures.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../engine/registry.ts';
import { elements, type Network } from '../model/network.ts';
import { weightBytes } from '../model/operations.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { segmentSpec } from '../testing/compute.ts';
import { planFusedTiles } from './ftp.ts';
import { cutRegion } from './map.ts';
import { type DeviceMemory, stripMemory, tileMemory } from './memory.ts';
import { regionHeight, regionWidth } from './region.ts';

const MEBIBYTE = 2 ** 20;
const TOLERANCE = 0.01;
const FUSED = 16;

let network: Network;
beforeAll(async () => {
  network = await bundledNetwork('yolov2');
});

function tiles(side: number, fusedLayers = FUSED): DeviceMemory {
  return tileMemory(network, planFusedTiles(network, { rows: side, columns: side }, fusedLayers));
}

function expectMebibytes(bytes: number, expected: number, what: string): void {
  expect(Math.abs(bytes / MEBIBYTE - expected), what).toBeLessThan(TOLERANCE);
}

describe('figure 11: data of each layer, and in all', () => {
  const columns = {
    original: [
      49.355, 56.406, 33.844, 28.203, 16.922, 16.922, 16.922, 14.102, 8.461, 8.461, 8.461, 7.051,
      4.231, 4.231, 4.231, 4.231,
    ],
    'BODP-4': [
      12.501, 14.102, 8.684, 7.051, 4.453, 4.231, 4.453, 3.525, 2.338, 2.115, 2.338, 1.855, 1.336,
      1.113, 1.336, 1.113,
    ],
    '3x3': [
      14.189, 16.018, 9.611, 7.812, 4.688, 4.456, 4.456, 3.525, 2.115, 1.898, 1.898, 1.411, 0.847,
      0.659, 0.659, 0.495,
    ],
    '5x5': [
      8.08, 9.085, 5.451, 4.394, 2.637, 2.464, 2.464, 1.914, 1.148, 0.99, 0.99, 0.703, 0.422, 0.293,
      0.293, 0.188,
    ],
  };
  test.each([
    { name: 'original', memory: () => tiles(1), layers: columns.original, total: 69.456 },
    {
      name: 'BODP-4',
      memory: () => stripMemory(network, FUSED, 4),
      layers: columns['BODP-4'],
      total: 27.152,
    },
    { name: '3x3', memory: () => tiles(3), layers: columns['3x3'], total: 29.068 },
    { name: '5x5', memory: () => tiles(5), layers: columns['5x5'], total: 22.135 },
  ])('$name', ({ memory, layers, total }) => {
    const { layerBytes, totalBytes } = memory();
    expect(layerBytes).toHaveLength(layers.length);
    for (const [layer, bytes] of layerBytes.entries()) {
      expectMebibytes(bytes, layers[layer]!, `layer ${layer}`);
    }
    expectMebibytes(totalBytes, total, 'in all');
  });
});

describe('figure 15: fused layers in 3x3, 4x4 and 5x5', () => {
  test.each([
    { fusedLayers: 4, totals: [16.093, 11.698, 9.159] },
    { fusedLayers: 8, totals: [16.687, 12.293, 9.754] },
    { fusedLayers: 16, totals: [29.068, 24.674, 22.135] },
  ])('$fusedLayers layers: their weights, and the data of tiles of 16', (expected) => {
    const weights = weightBytes(network.layers.slice(0, expected.fusedLayers));
    for (const [index, total] of expected.totals.entries()) {
      const data = Math.max(...tiles(index + 3).layerBytes);
      expectMebibytes(data + weights, total, `side ${index + 3}`);
    }
  });

  test('tiles that are made for 4 layers need less than half of what the figure says', () => {
    expectMebibytes(tiles(3, 4).totalBytes, 6.676, '3x3');
    expect(tiles(5, 4).totalBytes / MEBIBYTE).toBeLessThan(9.159 / 2);
  });
});

test('figure 2: output, input and weights of layers', () => {
  // conv1, max1, conv2, conv9, max5, conv14, conv20, conv22
  const expected = new Map([
    [0, [45.125, 4.23, 0.003]],
    [1, [11.281, 45.125, 0]],
    [2, [22.563, 11.281, 0.07]],
    [12, [2.82, 1.41, 4.5]],
    [17, [0.705, 2.82, 0]],
    [18, [1.41, 0.705, 18]],
    [24, [1.41, 1.41, 36]],
    [29, [1.41, 1.763, 45]],
  ]);
  for (const [index, [output, input, weights]] of expected) {
    const layer = network.layers[index]!;
    expectMebibytes(4 * elements(layer.output), output!, `output of ${index}`);
    expectMebibytes(4 * elements(layer.input), input!, `input of ${index}`);
    expectMebibytes(weightBytes([layer]), weights!, `weights of ${index}`);
  }
});

test('the engine holds what the model says at 5x5, and reads the weights of no other layer', async () => {
  const plan = planFusedTiles(network, { rows: 5, columns: 5 }, FUSED);
  const asked: number[] = [];
  const seeded = segmentSpec(network);
  const segment = await (await loadEngine('onnxruntime')).open({
    ...seeded,
    to: FUSED,
    outputs: [FUSED - 1],
    extent: 'tiled',
    weights: (layer) => {
      asked.push(layer);
      return seeded.weights(layer);
    },
  });
  const frame = new Float32Array(elements(network.input));
  for (const tile of plan.tiles) {
    await segment.run({
      input: cutRegion(frame, network.input, tile.input),
      height: regionHeight(tile.input),
      width: regionWidth(tile.input),
      surrounds: tile.layers.map(({ border }) => border),
    });
  }
  const { weights, activations } = segment.engineBytes;
  await segment.close();
  const convolutional = network.layers.filter(({ kind }) => kind === 'convolutional');
  const fused = convolutional.map(({ index }) => index).filter((index) => index < FUSED);
  expect(asked).toEqual(fused);
  const memory = tileMemory(network, plan);
  expect(weights).toBe(memory.weightBytes);
  expect(activations).toBe(Math.max(...memory.layerBytes));
  expect(weights + activations).toBeLessThanOrEqual(23 * MEBIBYTE);
}, 60_000);
