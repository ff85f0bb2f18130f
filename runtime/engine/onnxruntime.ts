/** The engine on onnxruntime's CPU provider: one ONNX graph a block, dynamic in height and width. */
import * as ort from 'onnxruntime-node';
import { elements, type Layer, type Shape } from '../model/network.ts';
import { weightBytes } from '../model/operations.ts';
import type { Border } from '../partition/region.ts';
import { type Block, segmentBlocks } from './blocks.ts';
import type { Engine, LayerOutput, Segment, SegmentRun, SegmentSpec } from './engine.ts';
import { releaseDeadMaps, Strips } from './memory.ts';
import { GraphBuilder } from './onnx/graph.ts';
import { addLayer, layerOutputName } from './onnx/layers.ts';

interface OpenBlock extends Block {
  readonly session: ort.InferenceSession;
}

const NO_BORDER: Border = { left: 0, right: 0, top: 0, bottom: 0 };

export const onnxruntimeEngine: Engine = {
  name: 'onnxruntime',
  async open(spec: SegmentSpec): Promise<Segment> {
    const blocks = segmentBlocks(spec);
    const sessions = new Map<Block, ort.InferenceSession>();
    try {
      // Opening needs several copies of a block's weights for a moment, so the heaviest goes first,
      // while least else is held.
      for (const block of blocks.toSorted(
        (a, b) => weightBytes(b.layers) - weightBytes(a.layers),
      )) {
        sessions.set(block, await openBlock(block, spec));
        releaseDeadMaps();
      }
    } catch (error) {
      await Promise.all([...sessions.values()].map((session) => session.release()));
      throw error;
    }
    return new OnnxruntimeSegment(
      spec,
      blocks.map((block) => ({ ...block, session: sessions.get(block)! })),
    );
  },
};

async function openBlock(block: Block, spec: SegmentSpec): Promise<ort.InferenceSession> {
  const graph = new GraphBuilder();
  const first = block.layers[0]!;
  const tiled = spec.extent === 'tiled';
  const { channels, height, width } = first.input;
  const input = graph.input('input', [1, channels, ...(tiled ? ['h', 'w'] : [height, width])]);
  let value = block.joinsHalo ? joinHalo(graph, input, channels) : input;
  const outputs = new Map([[first.index - 1, input]]);
  const outputOf = (layer: number) => outputs.get(layer) ?? layerOutputName(layer);
  for (const layer of block.layers) {
    value = await addLayer(layer, value, {
      graph,
      padding: tiled ? 'given' : 'layer',
      outputOf,
      weights: spec.weights,
    });
    outputs.set(layer.index, value);
  }
  for (const output of block.outputs) {
    const shape = spec.network.layers[output]!.output;
    const size = tiled ? [`h${output}`, `w${output}`] : [shape.height, shape.width];
    graph.output(outputOf(output), [1, shape.channels, ...size]);
  }
  const { model, externalData } = graph.build(`layers ${first.index} to ${block.outputs.at(-1)}`);
  return ort.InferenceSession.create(model, {
    intraOpNumThreads: spec.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // An arena keeps, for every session, what the largest tile once needed, rounded up to powers of two.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    externalData,
  });
}

/**
 * Left and right strips first, then top and bottom ones over the full width, so that corners travel
 * with the latter. A strip may have no columns or rows at all.
 */
function joinHalo(graph: GraphBuilder, input: string, channels: number): string {
  graph.input('left', [1, channels, 'h', 'left']);
  graph.input('right', [1, channels, 'h', 'right']);
  graph.input('top', [1, channels, 'top', 'joined']);
  graph.input('bottom', [1, channels, 'bottom', 'joined']);
  graph.node('Concat', ['left', input, 'right'], 'across', { axis: 3 });
  return graph.node('Concat', ['top', 'across', 'bottom'], 'framed', { axis: 2 });
}

class OnnxruntimeSegment implements Segment {
  readonly #spec: SegmentSpec;
  readonly #blocks: readonly OpenBlock[];
  readonly #weightBytes: number;
  readonly #strips = new Strips();
  #activationBytes = 0;

  constructor(spec: SegmentSpec, blocks: readonly OpenBlock[]) {
    this.#spec = spec;
    this.#blocks = blocks;
    this.#weightBytes = weightBytes(spec.network.layers.slice(spec.from, spec.to));
  }

  get engineBytes() {
    return { weights: this.#weightBytes, activations: this.#activationBytes };
  }

  async run(run: SegmentRun): Promise<readonly LayerOutput[]> {
    const results: LayerOutput[] = [];
    const first = this.#spec.network.layers[this.#spec.from]!;
    let shape: Shape = { ...first.input, height: run.height, width: run.width };
    let data = run.input;
    for (const block of this.#blocks) {
      const head = block.layers[0]!;
      const border = run.borders?.[head.index - this.#spec.from] ?? NO_BORDER;
      const feeds: Record<string, ort.Tensor> = { input: tensor(data, shape) };
      if (block.joinsHalo) this.#addHalo(feeds, head, shape, border);
      const computed = await block.session.run(feeds);
      for (const layer of block.layers) {
        const input = layer === head ? framed(shape, border) : shape;
        shape = this.#spec.extent === 'tiled' ? layerOutput(layer, input) : layer.output;
        this.#noteActivations(input, shape);
        if (!block.outputs.includes(layer.index)) continue;
        data = computed[layerOutputName(layer.index)]!.data as Float32Array;
        if (this.#spec.outputs.includes(layer.index)) results.push({ shape, data });
      }
    }
    releaseDeadMaps();
    return results;
  }

  #noteActivations(input: Shape, output: Shape): void {
    const bytes = Float32Array.BYTES_PER_ELEMENT * (elements(input) + elements(output));
    this.#activationBytes = Math.max(this.#activationBytes, bytes);
  }

  #addHalo(feeds: Record<string, ort.Tensor>, layer: Layer, shape: Shape, border: Border): void {
    // Padding never wins a maximum, and adds nothing to a sum.
    const filler = layer.kind === 'maxpool' ? Number.NEGATIVE_INFINITY : 0;
    const { channels, height } = shape;
    const width = shape.width + border.left + border.right;
    const strip = (height: number, width: number) =>
      tensor(this.#strips.take(filler, channels * height * width), { channels, height, width });
    feeds['left'] = strip(height, border.left);
    feeds['right'] = strip(height, border.right);
    feeds['top'] = strip(border.top, width);
    feeds['bottom'] = strip(border.bottom, width);
  }

  async close(): Promise<void> {
    await Promise.all(this.#blocks.map(({ session }) => session.release()));
  }
}

function tensor(data: Float32Array, { channels, height, width }: Shape): ort.Tensor {
  return new ort.Tensor('float32', data, [1, channels, height, width]);
}

function framed({ channels, height, width }: Shape, border: Border): Shape {
  return {
    channels,
    height: height + border.top + border.bottom,
    width: width + border.left + border.right,
  };
}

/** Shape of what a layer makes of an input that is padded already. */
function layerOutput(layer: Layer, { height, width }: Shape): Shape {
  const { channels } = layer.output;
  if (layer.kind !== 'convolutional' && layer.kind !== 'maxpool') return layer.output;
  const steps = (length: number) => Math.floor((length - layer.size) / layer.stride) + 1;
  return { channels, height: steps(height), width: steps(width) };
}
