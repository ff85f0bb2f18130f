import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elements, type Network } from '../model/network.ts';
import { computableChain } from '../testing/arbitrary-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import {
  computeWhole,
  difference,
  NO_DIFFERENCE,
  seededWeights,
  segmentSpec,
} from '../testing/compute.ts';
import { computeNaively } from '../testing/naive-network.ts';
import { randomFloats } from '../testing/random.ts';
import { onnxruntimeEngine } from './onnxruntime.ts';

const TOLERANCE = 1e-4;
/** Darknet's backbone in small, then every kind of layer that may stand behind the fused ones. */
const MIXED = networkOf(
  { width: 24, height: 16, channels: 3 },
  section('convolutional', { filters: 8, size: 3, pad: 1, activation: 'leaky' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 12, size: 3, pad: 1, activation: 'mish' }),
  section('convolutional', { filters: 12, size: 1, activation: 'linear' }),
  section('shortcut', { from: -2, activation: 'leaky' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 20, size: 3, pad: 1, groups: 4, activation: 'relu' }),
  section('route', { layers: '4' }),
  section('reorg', { stride: 2 }),
  section('route', { layers: '-1, 6' }),
  section('convolutional', { filters: 10, size: 1, activation: 'logistic' }),
  section('upsample', { stride: 2 }),
  section('route', { layers: '-1,-8' }),
  section('convolutional', { filters: 14, size: 3, stride: 2, pad: 1, activation: 'leaky' }),
  section('avgpool'),
  section('softmax', { groups: 2 }),
);

function naive(network: Network, input: Float32Array): Float64Array[] {
  return computeNaively(network, (layer) => seededWeights(network, layer), input);
}

/** The largest difference, in shares of the expected value where that is above 1. */
function error(actual: Float32Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((worst, value, index) => {
    const distance = Math.abs(actual[index]! - value) / Math.max(1, Math.abs(value));
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(worst, distance);
  }, 0);
}

function inputOf(network: Network, seed = 3): Float32Array {
  return randomFloats(elements(network.input), seed);
}

test('random chains of layers compute what a plain implementation computes', async () => {
  await fc.assert(
    fc.asyncProperty(computableChain, fc.nat(), async ({ network }, seed) => {
      const input = inputOf(network, seed);
      const [output] = await computeWhole(segmentSpec(network), input);
      expect(output!.shape).toEqual(network.layers.at(-1)!.output);
      expect(error(output!.data, naive(network, input).at(-1)!)).toBeLessThan(TOLERANCE);
    }),
    { numRuns: 80, seed: 20 },
  );
}, 60_000);

test('every kind of layer gives what a plain implementation gives', async () => {
  const input = inputOf(MIXED);
  const outputs = MIXED.layers.map(({ index }) => index);
  const computed = await computeWhole(segmentSpec(MIXED, { outputs }), input);
  const expected = naive(MIXED, input);
  for (const [index, { shape, data }] of computed.entries()) {
    const layer = MIXED.layers[index]!;
    expect(shape, layer.kind).toEqual(layer.output);
    expect(error(data, expected[index]!), `${index} ${layer.kind}`).toBeLessThan(TOLERANCE);
  }
});

test.each(['leaky', 'linear', 'relu', 'logistic', 'mish'])(
  'the activation %s holds far from zero too',
  async (activation) => {
    const network = networkOf(
      { width: 67, height: 3, channels: 1 },
      section('convolutional', { filters: 1, size: 1, activation }),
    );
    const input = Float32Array.from({ length: 201 }, (_, index) => index - 100);
    const weights = { kernel: Float32Array.of(1), bias: Float32Array.of(0) };
    const spec = segmentSpec(network, { weights: async () => weights });
    const [output] = await computeWhole(spec, input);
    const expected = computeNaively(network, () => weights, input)[0]!;
    expect(error(output!.data, expected)).toBeLessThan(1e-6);
  },
);

describe('a segment', () => {
  test('in two parts gives the bits of one', async () => {
    const input = inputOf(MIXED);
    const [whole] = await computeWhole(segmentSpec(MIXED), input);
    const [front] = await computeWhole(segmentSpec(MIXED, { to: 5 }), input);
    const [back] = await computeWhole(segmentSpec(MIXED, { from: 5 }), front!.data);
    expect(difference(back!.data, whole!.data)).toEqual(NO_DIFFERENCE);
  });

  test('gives the same bits in every run and leaves its input alone', async () => {
    const input = inputOf(MIXED);
    const untouched = input.slice();
    const segment = await onnxruntimeEngine.open(segmentSpec(MIXED, { outputs: [6, 13] }));
    const run = async () =>
      (await segment.run({ input, height: 16, width: 24 })).outputs.map(({ data }) => data.slice());
    const first = await run();
    const second = await run();
    await segment.close();
    expect(second).toEqual(first);
    expect(input).toEqual(untouched);
  });

  test('asks for weights once a layer', async () => {
    const asked: number[] = [];
    const weights = async (layer: number) => {
      asked.push(layer);
      return seededWeights(MIXED, layer);
    };
    await (await onnxruntimeEngine.open(segmentSpec(MIXED, { weights, from: 5 }))).close();
    expect(asked).toEqual([6, 10, 13]);
  });

  test('reports the bytes of its weights and of the largest input and output together', async () => {
    const network = networkOf(
      { width: 10, height: 6, channels: 2 },
      section('convolutional', { filters: 3, size: 3, pad: 1, activation: 'linear' }),
      section('maxpool', { size: 2, stride: 2 }),
    );
    const segment = await onnxruntimeEngine.open(segmentSpec(network));
    expect(segment.engineBytes).toEqual({ weights: 4 * 3 * (2 * 9 + 1), activations: 0 });
    await segment.run({ input: inputOf(network), height: 6, width: 10 });
    expect(segment.engineBytes.activations).toBe(4 * 60 * (2 + 3));
    await segment.close();
  });

  test('rejects and closes what it had opened when the weights cannot be read', async () => {
    const weights = async () => Promise.reject(new Error('no such file'));
    await expect(onnxruntimeEngine.open(segmentSpec(MIXED, { weights }))).rejects.toThrow(
      'no such file',
    );
  });
});
