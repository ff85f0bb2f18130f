/** Every kind of layer, against an implementation that could not be plainer. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Network } from '../../model/network.ts';
import { computableChain } from '../arbitrary-network.ts';
import { networkOf, section } from '../cfg.ts';
import { computeWhole, seededWeights, segmentSpec } from '../compute.ts';
import { computeNaively } from '../naive-network.ts';
import type { LoadEngine } from './load.ts';
import { inputOf, MIXED } from './mixed-network.ts';

/** So that any two engines differ by less than 1e-4. */
const TOLERANCE = 5e-5;

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

export function layersContract(load: LoadEngine): void {
  test('random chains of layers compute what a plain implementation computes', async () => {
    await fc.assert(
      fc.asyncProperty(computableChain, fc.nat(), async ({ network }, seed) => {
        const input = inputOf(network, seed);
        const [output] = await computeWhole(segmentSpec(network), input, await load());
        expect(output!.shape).toEqual(network.layers.at(-1)!.output);
        expect(error(output!.data, naive(network, input).at(-1)!)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 80, seed: 20 },
    );
  }, 60_000);

  test('every kind of layer gives what a plain implementation gives', async () => {
    const input = inputOf(MIXED);
    const outputs = MIXED.layers.map(({ index }) => index);
    const computed = await computeWhole(segmentSpec(MIXED, { outputs }), input, await load());
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
      const [output] = await computeWhole(spec, input, await load());
      const expected = computeNaively(network, () => weights, input)[0]!;
      expect(error(output!.data, expected)).toBeLessThan(1e-6);
    },
  );
}
