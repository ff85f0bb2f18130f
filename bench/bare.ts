/**
 * The yardstick: the same layers as one plain ONNX graph with fixed shapes and the layers' own padding,
 * in one onnxruntime session with its default settings, as anybody would use it.
 */
import * as ort from 'onnxruntime-node';
import { GraphBuilder } from '../runtime/engine/onnx/graph.ts';
import { addLayer, layerOutputName, ownPadding } from '../runtime/engine/onnx/layers.ts';
import { Layouts } from '../runtime/engine/onnx/layouts.ts';
import type { Network } from '../runtime/model/network.ts';
import { syntheticWeights } from '../runtime/model/synthetic.ts';

/** Opens layers 0 to `count` - 1 and returns a function that runs them over one input map. */
export async function openBare(
  network: Network,
  count: number,
  seed: number,
): Promise<(input: Float32Array) => Promise<void>> {
  const graph = new GraphBuilder();
  const { channels, height, width } = network.input;
  let value = graph.input(layerOutputName(-1), [1, channels, height, width]);
  for (const layer of network.layers.slice(0, count)) {
    value = addLayer(layer, value, {
      graph,
      paddingOf: ownPadding,
      layouts: new Layouts(graph),
      block: undefined,
      outputOf: layerOutputName,
      parametersOf: (convolution) => {
        const { kernel, bias } = syntheticWeights(convolution, seed);
        const { filters, input, groups, size, index } = convolution;
        const shape = [filters, input.channels / groups, size, size];
        return {
          kernel: graph.constant(`kernel${index}`, kernel, shape),
          bias: graph.constant(`bias${index}`, bias, [filters]),
        };
      },
    });
  }
  const { output } = network.layers[count - 1]!;
  graph.output(value, [1, output.channels, output.height, output.width]);
  const { model, externalData } = graph.build('bare');
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    externalData,
  });
  return async (input) => {
    const tensor = new ort.Tensor('float32', input, [1, channels, height, width]);
    await session.run({ [layerOutputName(-1)]: tensor });
  };
}
