/** In every precision the engine computes with exactly the weights that the precision has left. */
import { describe, expect, test } from 'vitest';
import { elements } from '../model/network.ts';
import { PRECISIONS } from '../model/precision.ts';
import { networkOf, section } from '../testing/cfg.ts';
import {
  computeTiled,
  computeWhole,
  difference,
  NO_DIFFERENCE,
  seededWeights,
  segmentSpec,
} from '../testing/compute.ts';
import { randomFloats } from '../testing/random.ts';
import { onnxruntimeEngine } from './onnxruntime.ts';
import { withRoundedWeights } from './rounded.ts';

/** Blocked layers and others, groups among them. */
const NETWORK = networkOf(
  { width: 40, height: 32, channels: 3 },
  section('convolutional', { filters: 20, size: 3, pad: 1, activation: 'leaky' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 9, size: 3, pad: 1, activation: 'leaky' }),
  section('convolutional', { filters: 32, size: 1, activation: 'linear' }),
  section('convolutional', { filters: 32, size: 3, pad: 1, groups: 32, activation: 'leaky' }),
  section('convolutional', { filters: 32, size: 3, pad: 1, groups: 2, activation: 'leaky' }),
);
const LAYERS = NETWORK.layers.length;
const INPUT = randomFloats(elements(NETWORK.input), 11);

const BYTES = { float32: 4, 'float16-weights': 2, int8: 1 } as const;

describe.each(PRECISIONS)('%s', (precision) => {
  test('computes what an engine of float32 computes with rounded weights', async () => {
    const [output] = await computeWhole(segmentSpec(NETWORK, { precision }), INPUT);
    const rounding = withRoundedWeights(onnxruntimeEngine);
    const [rounded] = await computeWhole(segmentSpec(NETWORK, { precision }), INPUT, rounding);
    expect(difference(output!.data, rounded!.data)).toEqual(NO_DIFFERENCE);
  });

  test('tiles give the bits of the whole', async () => {
    const [whole] = await computeWhole(segmentSpec(NETWORK, { precision }), INPUT);
    const grid = { rows: 3, columns: 4 };
    const tiled = await computeTiled(NETWORK, grid, LAYERS, INPUT, onnxruntimeEngine, {
      precision,
    });
    expect(difference(tiled, whole!.data)).toEqual(NO_DIFFERENCE);
  });

  test('holds no more than it says', async () => {
    const segment = await onnxruntimeEngine.open(segmentSpec(NETWORK, { precision }));
    let expected = 0;
    for (const layer of NETWORK.layers) {
      if (layer.kind !== 'convolutional') continue;
      const { kernel, bias } = seededWeights(NETWORK, layer.index);
      const scales = precision === 'int8' ? bias.length : 0;
      expected += BYTES[precision] * kernel.length + 4 * (bias.length + scales);
    }
    expect(segment.engineBytes.weights).toBe(expected);
    await segment.close();
  });
});
