/**
 * `tilebed infer`: a network over one input, in this process, without any testbed. Good for looking at
 * a model, at single layers, and at what a grid changes, which must be nothing but time and memory.
 */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { monotonicMs } from '../../runtime/clock.ts';
import { activateDetections, detect, detectionLayers } from '../../runtime/detect/detect.ts';
import type { Detection } from '../../runtime/detect/detection.ts';
import { drawDetections } from '../../runtime/detect/draw.ts';
import { loadEngine } from '../../runtime/engine/registry.ts';
import { TilebedError } from '../../runtime/errors.ts';
import { isDetectionLayer, type Layer, type Network } from '../../runtime/model/network.ts';
import type { Precision } from '../../runtime/model/precision.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import { peakRssBytes } from '../../runtime/roles/statistics.ts';
import { pictureFormat, writePicture } from '../pictures/write.ts';
import { writeNpy } from '../tensors/npy.ts';
import { compute } from './compute.ts';
import { type InferInput, readInput } from './input.ts';
import { chooseModel } from './model.ts';

export interface LayerDump {
  /** As Darknet counts: the first layer after [net] is 0. */
  readonly layer: number;
  /** Receives the layer's output as .npy of shape [1, channels, height, width]. */
  readonly path: string;
}

export interface InferOptions {
  /** A file, or the name of a built-in network. */
  readonly cfg: string;
  /** `synthetic:SEED`, a file, or the name of a model that was pulled. */
  readonly weights: string;
  readonly input: InferInput;
  /** Given together with `fusedLayers`, or not at all. */
  readonly grid?: Grid;
  readonly fusedLayers?: number;
  /** Tiles use their neighbours' halos; only with a grid. */
  readonly reuse?: boolean;
  readonly engine: string;
  readonly precision: Precision;
  readonly threads: number;
  readonly dumps: readonly LayerDump[];
  /** Receives the picture with the detections drawn into it, as JPEG or PNG. */
  readonly output?: string;
  /** Names of the classes; a class without one is shown by its number. */
  readonly labels: readonly string[];
  /** Between 0 and 1. */
  readonly threshold: number;
  readonly signal?: AbortSignal;
}

/** What `--format json` prints. */
export interface InferResult {
  readonly model: string;
  readonly engine: string;
  /** ROWSxCOLUMNS; null without a grid. */
  readonly grid: string | null;
  /** From the decoded picture to the detections; reading files and opening the engine is not counted. */
  readonly milliseconds: number;
  /** The largest resident set of this process so far. */
  readonly peakRssBytes: number;
  /** Weights and activations of the part of the network that took most. */
  readonly engineBytes: number;
  /** Most probable first. Boxes in pixels of the picture, or of the network's input for a tensor. */
  readonly detections: readonly Detection[];
}

/** Rejects with a TilebedError: INPUT for what is wrong with the options, FAILED where a file cannot be written. */
export async function infer(options: InferOptions): Promise<InferResult> {
  const { network, weights } = await chooseModel(options.cfg, options.weights);
  const fused = fusedPart(options);
  await checkOutputs(options, network);
  const engine = await loadEngine(options.engine);
  const input = await readInput(options.input, network);
  const { signal, precision, threads, threshold, labels } = options;

  const startMs = monotonicMs();
  const map = input.map();
  const inputMs = monotonicMs() - startMs;
  const computed = await compute(map, {
    network,
    weights,
    engine,
    precision,
    threads,
    wanted: wantedLayers(network, options.dumps),
    ...(fused && { fused }),
    ...(signal && { signal }),
  });
  const detectMs = monotonicMs();
  const activated = detectionLayers(network).map((layer) => outputOf(layer, computed.maps));
  const detections = detect(network, activated, { picture: input.size, threshold, labels });
  const milliseconds = inputMs + computed.milliseconds + (monotonicMs() - detectMs);

  for (const { layer, path } of options.dumps) {
    const { channels, height, width } = network.layers[layer]!.output;
    await writeNpy(
      path,
      [1, channels, height, width],
      outputOf(network.layers[layer]!, computed.maps),
    );
  }
  if (options.output !== undefined && input.picture !== undefined) {
    await writePicture(options.output, drawDetections(input.picture, detections));
  }
  const { weights: weightBytes, activations } = computed.engineBytes;
  return {
    model: network.name,
    engine: engine.name,
    grid: fused === undefined ? null : `${fused.grid.rows}x${fused.grid.columns}`,
    milliseconds,
    peakRssBytes: peakRssBytes(),
    engineBytes: weightBytes + activations,
    detections,
  };
}

function fusedPart({ grid, fusedLayers, reuse = false }: InferOptions) {
  if (grid !== undefined && fusedLayers !== undefined) return { grid, layers: fusedLayers, reuse };
  if (reuse) {
    throw new TilebedError('INPUT', 'without tiles there are no halos to reuse', {
      hint: 'give --grid and --fused-layers as well, as in --grid 3x3 --fused-layers 8 --reuse',
    });
  }
  if (grid === undefined && fusedLayers === undefined) return undefined;
  throw new TilebedError(
    'INPUT',
    grid === undefined
      ? `${fusedLayers} layers cannot be fused without a grid`
      : 'a grid needs a number of fused layers',
    { hint: 'give both, as in --grid 3x3 --fused-layers 8, or neither' },
  );
}

/** Faults that would else show only after minutes of computing. */
async function checkOutputs(
  { dumps, output, input }: InferOptions,
  network: Network,
): Promise<void> {
  const count = network.layers.length;
  for (const { layer } of dumps) {
    if (Number.isInteger(layer) && layer >= 0 && layer < count) continue;
    throw new TilebedError(
      'INPUT',
      `${network.name} has no layer ${layer}: its layers are 0 to ${count - 1}`,
    );
  }
  if (output !== undefined) {
    pictureFormat(output);
    if (input.kind === 'tensor') {
      throw new TilebedError('INPUT', 'there is no picture to draw detections into', {
        hint: 'give the input as a picture, or leave the annotated one out',
      });
    }
  }
  const paths = [...dumps.map(({ path }) => path), ...(output === undefined ? [] : [output])];
  for (const path of paths) {
    const folder = dirname(resolve(path));
    const isFolder = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) throw new TilebedError('INPUT', `there is no folder ${folder} for ${path}`);
  }
}

/** Layers that must leave the engine. */
function wantedLayers(network: Network, dumps: readonly LayerDump[]): number[] {
  const layers = [...detectionLayers(network), ...dumps.map(({ layer }) => network.layers[layer]!)];
  const wanted = layers.map((layer) => (isDetectionLayer(layer) ? layer.index - 1 : layer.index));
  return wanted.length > 0 ? wanted : [network.layers.length - 1];
}

/** A layer's output as Darknet counts it; an engine leaves detection layers' activations to their reader. */
function outputOf(layer: Layer, maps: ReadonlyMap<number, Float32Array>): Float32Array {
  return isDetectionLayer(layer)
    ? activateDetections(layer, maps.get(layer.index - 1)!)
    : maps.get(layer.index)!;
}
