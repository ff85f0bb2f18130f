/** The engine on onnxruntime's CPU provider: one ONNX graph a block, dynamic in height and width. */
import * as ort from 'onnxruntime-node';
import { type ConvolutionalLayer, elements, type Layer, type Shape } from '../model/network.ts';
import { cutRegion } from '../partition/map.ts';
import {
  type Block,
  blocksOfRun,
  type Chain,
  chainOf,
  segmentBlocks,
  wantedOutputs,
} from './blocks.ts';
import {
  type Engine,
  type LayerOutput,
  paddingValue,
  type RunResult,
  type Segment,
  type SegmentRun,
  type SegmentSpec,
  type Strip,
  type Surround,
  stripSize,
} from './engine.ts';
import { freeAtOnce, releaseDeadMaps, Strips } from './memory.ts';
import { blockSize } from './onnx/block-size.ts';
import { GraphBuilder } from './onnx/graph.ts';
import { addLayer, type LayerContext, layerOutputName, ownPadding } from './onnx/layers.ts';
import { Layouts } from './onnx/layouts.ts';
import { type HeldParameters, holdParameters, parameterInputs } from './onnx/parameters.ts';
import { needsSpareRows, spareRowValues } from './onnx/spare-rows.ts';

interface OpenBlock extends Block {
  /** The padding of the run that it was opened for is in its layers; nothing is joined on. */
  readonly isChain: boolean;
  readonly session: ort.InferenceSession;
  /** What every run gives the session beside its maps. */
  readonly parameters: Readonly<Record<string, ort.Tensor>>;
}

/** More than a plan has stages in halves; an edge's plans change now and then. One takes some 20 KB. */
const MOST_CHAINS = 32;
const NOTHING_AROUND = { left: 0, right: 0, top: 0, bottom: 0 };

export const onnxruntimeEngine: Engine = {
  name: 'onnxruntime',
  version: ort.env.versions.node ?? 'of unknown version',
  async open(spec: SegmentSpec): Promise<Segment> {
    const blocks = segmentBlocks(spec);
    const block = await blockSize();
    const parameters = await holdParameters(spec, block);
    const segment = new OnnxruntimeSegment(spec, blocks, parameters, block);
    try {
      // With chains, blocks are for runs that cannot be one.
      if (!spec.chains) await segment.open(blocks);
    } catch (error) {
      await segment.close();
      throw error;
    }
    releaseDeadMaps('major');
    return segment;
  },
};

async function openBlock(
  opened: Block,
  spec: SegmentSpec,
  block: number | undefined,
  held: HeldParameters['layers'],
  chainPadding?: LayerContext['paddingOf'],
): Promise<OpenBlock> {
  const { layers, inputs, outputs, joinsHalo } = opened;
  const graph = new GraphBuilder();
  const layouts = new Layouts(graph);
  const tiled = spec.extent === 'tiled';
  const values = new Map<number, string>();
  const parameters: Record<string, ort.Tensor> = {};
  for (const layer of inputs) {
    const { channels, height, width } = outputShape(spec, layer);
    const size = tiled ? ['h', 'w'] : [height, width];
    values.set(layer, graph.input(layerOutputName(layer), [1, channels, ...size]));
  }
  const parametersOf = (layer: ConvolutionalLayer) =>
    parameterInputs(graph, layer, held.get(layer.index)!, parameters);
  const context = {
    graph,
    layouts,
    block,
    paddingOf: chainPadding ?? (tiled ? () => NOTHING_AROUND : ownPadding),
    outputOf: (index: number) => values.get(index)!,
    parametersOf,
  } as const;
  const first = layers[0]!;
  for (const layer of layers) {
    const before = values.get(layer.index - 1) ?? layerOutputName(layer.index - 1);
    const joins = layer === first && joinsHalo;
    const input = joins ? joinHalo(graph, before, layer.input.channels) : before;
    values.set(layer.index, addLayer(layer, input, context));
  }
  for (const layer of outputs) {
    const { channels, height, width } = outputShape(spec, layer);
    const size = tiled ? [`h${layer}`, `w${layer}`] : [height, width];
    graph.output(layouts.plain(values.get(layer)!), [1, channels, ...size]);
  }
  const { model } = graph.build(`layers ${first.index} to ${layers.at(-1)!.index}`);
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: spec.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // An arena saves page faults, and keeps for every session what the largest run once needed, rounded
    // up to powers of two: too much for an edge.
    enableCpuMemArena: !tiled,
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
  return { ...opened, isChain: chainPadding !== undefined, session, parameters };
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
  readonly #blocks: readonly Block[];
  readonly #held: HeldParameters;
  readonly #blockSize: number | undefined;
  readonly #strips = new Strips();
  readonly #open = new Map<Block, OpenBlock>();
  /** Opened when they are first run, by layers and padding; the one that was used last stands last. */
  readonly #chains = new Map<string, OpenBlock>();
  #activationBytes = 0;

  constructor(
    spec: SegmentSpec,
    blocks: readonly Block[],
    held: HeldParameters,
    blockSize: number | undefined,
  ) {
    this.#spec = spec;
    this.#blocks = blocks;
    this.#held = held;
    this.#blockSize = blockSize;
  }

  get engineBytes() {
    return { weights: this.#held.bytes, activations: this.#activationBytes };
  }

  async prepare(run: SegmentRun): Promise<void> {
    await this.#blocksOf(run);
  }

  async run(run: SegmentRun): Promise<RunResult> {
    const blocks = await this.#blocksOf(run);
    const first = blocks[0]!.layers[0]!;
    const wanted = wantedOutputs(this.#spec, blocks);
    const { channels } = first.input;
    const maps = new Map<number, LayerOutput>();
    maps.set(first.index - 1, {
      shape: { channels, height: run.height, width: run.width },
      data: run.input,
    });
    const kept: Float32Array[] = [];
    for (const [position, block] of blocks.entries()) {
      const feeds: Record<string, ort.Tensor> = { ...block.parameters };
      for (const layer of block.inputs) feeds[layerOutputName(layer)] = tensor(maps.get(layer)!);
      const around = (layer: Layer) => run.surrounds?.[layer.index - first.index] ?? NOTHING_AROUND;
      const shapes = this.#blockShapes(block, maps, around, feeds);
      const computed = await block.session.run(feeds);
      for (const layer of block.outputs) {
        const data = computed[layerOutputName(layer)]!.data as Float32Array;
        maps.set(layer, { shape: shapes.get(layer)!, data });
      }
      for (const [index, { layer, region }] of run.keep?.entries() ?? []) {
        if (!block.outputs.includes(layer)) continue;
        const { shape, data } = maps.get(layer)!;
        kept[index] = cutRegion(data, shape, region);
      }
      const unread = dropUnread(maps, blocks.slice(position + 1), wanted);
      freeAtOnce(unread.filter((data) => data !== run.input));
    }
    if (Object.keys(kept).length < (run.keep?.length ?? 0)) throw new Error('kept inside a block');
    return { outputs: wanted.map((layer) => maps.get(layer)!), kept };
  }

  /** Shapes of all the block's outputs; adds to `feeds` what is joined on and what depends on shapes. */
  #blockShapes(
    block: OpenBlock,
    maps: ReadonlyMap<number, LayerOutput>,
    around: (layer: Layer) => Surround,
    feeds: Record<string, ort.Tensor>,
  ): Map<number, Shape> {
    const shapes = new Map<number, Shape>();
    for (const layer of block.layers) {
      const before = layer.index - 1;
      let input = shapes.get(before) ?? maps.get(before)?.shape ?? layer.input;
      if (block.joinsHalo && layer === block.layers[0]) {
        this.#addHalo(feeds, layer, input, around(layer));
        input = framed(input, around(layer));
      }
      const seen = block.isChain ? framed(input, around(layer)) : input;
      const output = this.#spec.extent === 'tiled' ? layerOutput(layer, seen) : layer.output;
      if (needsSpareRows(layer)) addIntegers(feeds, spareRowValues(layer, output));
      this.#noteActivations(layer, input, output);
      shapes.set(layer.index, output);
    }
    return shapes;
  }

  #noteActivations(layer: Layer, input: Shape, output: Shape): void {
    const maps = Float32Array.BYTES_PER_ELEMENT * (elements(input) + elements(output));
    const bytes = maps + (this.#held.layers.get(layer.index)?.expandedBytes ?? 0);
    this.#activationBytes = Math.max(this.#activationBytes, bytes);
  }

  #addHalo(
    feeds: Record<string, ort.Tensor>,
    layer: Layer,
    { channels, height, width }: Shape,
    { left, right, top, bottom }: Surround,
  ): void {
    const across = stripSize(left) + width + stripSize(right);
    const strip = (values: Strip, height: number, width: number) => {
      const count = channels * height * width;
      const data =
        typeof values === 'number' ? this.#strips.take(paddingValue(layer), count) : values.data;
      return tensor({ data, shape: { channels, height, width } });
    };
    feeds['left'] = strip(left, height, stripSize(left));
    feeds['right'] = strip(right, height, stripSize(right));
    feeds['top'] = strip(top, stripSize(top), across);
    feeds['bottom'] = strip(bottom, stripSize(bottom), across);
  }

  async #blocksOf(run: SegmentRun): Promise<readonly OpenBlock[]> {
    const single = blocksOfRun(this.#blocks, run);
    const wanted = wantedOutputs(this.#spec, single);
    const chain = this.#spec.chains ? chainOf(single, run, wanted) : undefined;
    return chain === undefined ? await this.open(single) : [await this.#openChain(chain)];
  }

  async open(blocks: readonly Block[]): Promise<readonly OpenBlock[]> {
    const opened: OpenBlock[] = [];
    for (const block of blocks) {
      const open = this.#open.get(block) ?? (await this.#openBlock(block));
      this.#open.set(block, open);
      opened.push(open);
    }
    return opened;
  }

  #openBlock(block: Block, chainPadding?: LayerContext['paddingOf']): Promise<OpenBlock> {
    return openBlock(block, this.#spec, this.#blockSize, this.#held.layers, chainPadding);
  }

  async #openChain({ block, padding }: Chain): Promise<OpenBlock> {
    const first = block.layers[0]!.index;
    const sides = padding.map(({ left, right, top, bottom }) => [left, right, top, bottom]);
    const key = JSON.stringify([first, sides]);
    const open =
      this.#chains.get(key) ??
      (await this.#openBlock(block, ({ index }) => padding[index - first]!));
    this.#chains.delete(key);
    this.#chains.set(key, open);
    const [oldest] = this.#chains;
    if (this.#chains.size > MOST_CHAINS && oldest !== undefined) {
      this.#chains.delete(oldest[0]);
      await oldest[1].session.release();
    }
    return open;
  }

  async close(): Promise<void> {
    const open = [...this.#open.values(), ...this.#chains.values()];
    await Promise.all(open.map(({ session }) => session.release()));
  }
}

function tensor({ data, shape: { channels, height, width } }: LayerOutput): ort.Tensor {
  return new ort.Tensor('float32', data, [1, channels, height, width]);
}

function addIntegers(
  feeds: Record<string, ort.Tensor>,
  lists: Readonly<Record<string, readonly number[]>>,
): void {
  for (const [name, values] of Object.entries(lists)) {
    const data = BigInt64Array.from(values, BigInt);
    feeds[name] = new ort.Tensor('int64', data, [data.length]);
  }
}

/** The shape of a layer's output, or of the segment's input where the layer stands before it. */
function outputShape({ network, from }: SegmentSpec, layer: number): Shape {
  return layer < from ? network.layers[from]!.input : network.layers[layer]!.output;
}

/** Forgets maps that no later block reads and nobody asked for. */
function dropUnread(
  maps: Map<number, LayerOutput>,
  later: readonly Block[],
  wanted: readonly number[],
): Float32Array[] {
  const dropped: Float32Array[] = [];
  for (const [layer, { data }] of maps) {
    const read = later.some(({ inputs }) => inputs.includes(layer));
    if (read || wanted.includes(layer)) continue;
    maps.delete(layer);
    dropped.push(data);
  }
  return dropped;
}

function framed({ channels, height, width }: Shape, around: Surround): Shape {
  return {
    channels,
    height: height + stripSize(around.top) + stripSize(around.bottom),
    width: width + stripSize(around.left) + stripSize(around.right),
  };
}

/** Shape of what a layer makes of an input that is padded already. */
function layerOutput(layer: Layer, { height, width }: Shape): Shape {
  const { channels } = layer.output;
  if (layer.kind !== 'convolutional' && layer.kind !== 'maxpool') return layer.output;
  const steps = (length: number) => Math.floor((length - layer.size) / layer.stride) + 1;
  return { channels, height: steps(height), width: steps(width) };
}
