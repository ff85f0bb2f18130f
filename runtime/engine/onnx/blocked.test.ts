/** Kernels in blocks are those that onnxruntime would make itself of ordinary convolutions. */
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type ConvolutionalLayer, elements, type Network } from '../../model/network.ts';
import { networkOf, section } from '../../testing/cfg.ts';
import {
  computeWhole,
  difference,
  NO_DIFFERENCE,
  seededWeights,
  segmentSpec,
} from '../../testing/compute.ts';
import { randomFloats } from '../../testing/random.ts';
import { blockedKernelShape, isBlocked, orderKernel } from './blocked.ts';
import { GraphBuilder } from './graph.ts';
import { addLayer, layerOutputName, ownPadding } from './layers.ts';
import { Layouts } from './layouts.ts';

/** Fewer channels than a block, filters and channels that fill none, depthwise and grouped layers, a pool. */
const NETWORK = networkOf(
  { width: 19, height: 15, channels: 3 },
  section('convolutional', { filters: 20, size: 3, pad: 1, activation: 'leaky' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 32, size: 3, pad: 1, activation: 'relu' }),
  section('convolutional', { filters: 32, size: 3, pad: 1, groups: 2, activation: 'linear' }),
  section('convolutional', { filters: 32, size: 3, pad: 1, groups: 32, activation: 'leaky' }),
  section('convolutional', { filters: 12, size: 1, activation: 'logistic' }),
  section('convolutional', { filters: 40, size: 5, stride: 2, pad: 1, activation: 'mish' }),
);

/** One graph of ordinary convolutions, their parameters constants, for onnxruntime to improve. */
async function computeOrdinary(network: Network, input: Float32Array): Promise<Float32Array> {
  const graph = new GraphBuilder();
  const { channels, height, width } = network.input;
  let map = graph.input(layerOutputName(-1), [1, channels, height, width]);
  const parametersOf = ({ index, filters, input, groups, size }: ConvolutionalLayer) => {
    const { kernel, bias } = seededWeights(network, index);
    return {
      kernel: graph.constant(`kernel${index}`, kernel, [
        filters,
        input.channels / groups,
        size,
        size,
      ]),
      bias: graph.constant(`bias${index}`, bias, [filters]),
    };
  };
  for (const layer of network.layers) {
    map = addLayer(layer, map, {
      graph,
      layouts: new Layouts(graph),
      block: undefined,
      paddingOf: ownPadding,
      outputOf: layerOutputName,
      parametersOf,
    });
  }
  const { output } = network.layers.at(-1)!;
  graph.output(map, [1, output.channels, output.height, output.width]);
  const { model, externalData } = graph.build('ordinary');
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    externalData,
  });
  const tensor = new ort.Tensor('float32', input, [1, channels, height, width]);
  return (await session.run({ [layerOutputName(-1)]: tensor }))[map]!.data as Float32Array;
}

test('the same bits as of ordinary convolutions', async () => {
  const input = randomFloats(elements(NETWORK.input), 5);
  const [output] = await computeWhole(segmentSpec(NETWORK), input);
  const ordinary = await computeOrdinary(NETWORK, input);
  expect(difference(output!.data, ordinary)).toEqual(NO_DIFFERENCE);
  expect(ordinary.some((value) => value !== 0)).toBe(true);
});

test('a kernel in blocks holds every value once, and zeros beside them', () => {
  for (const layer of NETWORK.layers) {
    if (layer.kind !== 'convolutional' || !isBlocked(layer)) continue;
    const { kernel } = seededWeights(NETWORK, layer.index);
    const size = blockedKernelShape(layer, 16).reduce((product, side) => product * side, 1);
    const target = new Float32Array(size);
    orderKernel(layer, 16, kernel, target);
    const held = [...target].filter((value) => value !== 0).sort((a, b) => a - b);
    expect(held).toEqual([...kernel].sort((a, b) => a - b));
  }
});
