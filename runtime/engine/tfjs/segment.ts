/** A segment on TensorFlow.js: layer after layer, each map freed as soon as no later layer reads it. */
import { elements, type Layer, type Shape } from '../../model/network.ts';
import { weightBytes } from '../../model/operations.ts';
import { type Block, blocksOfRun, layersRead, segmentBlocks, wantedOutputs } from '../blocks.ts';
import {
  type LayerOutput,
  paddingValue,
  type RunResult,
  type Segment,
  type SegmentRun,
  type SegmentSpec,
  type Surround,
} from '../engine.ts';
import { releaseDeadMaps } from '../memory.ts';
import { type Convolution, importConvolution } from './convolution.ts';
import { computeLayer } from './layers.ts';
import {
  exportMap,
  importMap,
  joinSurround,
  type Map4D,
  mapShape,
  type TensorFlow,
  type TfjsLibrary,
} from './tensors.ts';

export async function openTfjsSegment(library: TfjsLibrary, spec: SegmentSpec): Promise<Segment> {
  const blocks = segmentBlocks(spec);
  const segment = new TfjsSegment(library, spec, blocks);
  try {
    await segment.readWeights();
  } catch (error) {
    await segment.close();
    throw error;
  }
  return segment;
}

class TfjsSegment implements Segment {
  readonly #library: TfjsLibrary;
  readonly #tf: TensorFlow;
  readonly #spec: SegmentSpec;
  readonly #blocks: readonly Block[];
  readonly #convolutions = new Map<number, Convolution>();
  readonly #weightBytes: number;
  #activationBytes = 0;

  constructor(library: TfjsLibrary, spec: SegmentSpec, blocks: readonly Block[]) {
    this.#library = library;
    this.#tf = library.tf;
    this.#spec = spec;
    this.#blocks = blocks;
    this.#weightBytes = weightBytes(spec.network.layers.slice(spec.from, spec.to));
  }

  get engineBytes() {
    return { weights: this.#weightBytes, activations: this.#activationBytes };
  }

  async readWeights(): Promise<void> {
    const { network, from, to, weights } = this.#spec;
    for (const layer of network.layers.slice(from, to)) {
      if (layer.kind !== 'convolutional') continue;
      const read = await weights(layer.index);
      this.#select();
      const convolution = this.#tf.tidy(() => importConvolution(this.#library, layer, read));
      this.#convolutions.set(layer.index, convolution);
    }
  }

  async run(run: SegmentRun): Promise<RunResult> {
    const blocks = blocksOfRun(this.#blocks, run);
    const layers = blocks.flatMap((block) => block.layers);
    const first = layers[0]!;
    const wanted = wantedOutputs(this.#spec, blocks);
    const outputs = new Map<number, LayerOutput>();
    const kept: Float32Array[] = [];
    const maps = new Map<number, Map4D>();
    this.#select();
    try {
      const { input, height, width } = run;
      const { channels } = first.input;
      maps.set(first.index - 1, importMap(this.#tf, input, { channels, height, width }));
      for (const [position, layer] of layers.entries()) {
        const map = this.#compute(layer, maps, run.surrounds?.[position]);
        maps.set(layer.index, map);
        if (wanted.includes(layer.index)) {
          outputs.set(layer.index, { shape: mapShape(map), data: exportMap(this.#tf, map) });
        }
        for (const [index, { layer: keeps, region }] of run.keep?.entries() ?? []) {
          if (keeps === layer.index) kept[index] = exportMap(this.#tf, map, region);
        }
        disposeUnread(maps, layers.slice(position + 1));
      }
    } finally {
      for (const map of maps.values()) map.dispose();
    }
    releaseDeadMaps('minor');
    if (Object.keys(kept).length < (run.keep?.length ?? 0)) throw new Error('kept outside the run');
    return { outputs: wanted.map((layer) => outputs.get(layer)!), kept };
  }

  #compute(layer: Layer, maps: ReadonlyMap<number, Map4D>, surround: Surround | undefined): Map4D {
    const tf = this.#tf;
    return tf.tidy(() => {
      const before = maps.get(layer.index - 1)!;
      const input =
        surround === undefined ? before : joinSurround(tf, before, surround, paddingValue(layer));
      const map = computeLayer(this.#library, layer, input, {
        pads: this.#spec.extent === 'whole',
        outputOf: (index) => maps.get(index)!,
        convolutionOf: (index) => this.#convolutions.get(index)!,
      });
      this.#noteActivations(mapShape(input), mapShape(map));
      // A layer may hand on a map as it is: each has one owner.
      return tf.clone(map);
    });
  }

  #noteActivations(input: Shape, output: Shape): void {
    const bytes = Float32Array.BYTES_PER_ELEMENT * (elements(input) + elements(output));
    this.#activationBytes = Math.max(this.#activationBytes, bytes);
  }

  /** The library has one backend at a time, for all that use it in this thread. */
  #select(): void {
    // It is there already, so that this takes effect before the call returns.
    void this.#tf.setBackend(this.#library.backend);
  }

  async close(): Promise<void> {
    this.#select();
    for (const { kernels, bias } of this.#convolutions.values()) {
      for (const tensor of [...kernels, bias]) tensor.dispose();
    }
    this.#convolutions.clear();
  }
}

function disposeUnread(maps: Map<number, Map4D>, later: readonly Layer[]): void {
  for (const [index, map] of maps) {
    if (later.some((layer) => layersRead(layer).includes(index))) continue;
    map.dispose();
    maps.delete(index);
  }
}
