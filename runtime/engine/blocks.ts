/**
 * Cuts a segment into blocks, each of which becomes one engine session. A tiled segment is cut where a
 * halo is joined on; a whole one where a session would hold many weights, since opening a session
 * needs several copies of them for a moment. Between blocks a map lies in memory that tilebed owns.
 */
import { TilebedError } from '../errors.ts';
import { isDetectionLayer, type Layer, type Network } from '../model/network.ts';
import { weightBytes } from '../model/operations.ts';
import { overlapsNeighbours } from '../partition/ftp.ts';
import type { Border } from '../partition/region.ts';
import type { SegmentRun, SegmentSpec, Surround } from './engine.ts';

export interface Block {
  readonly layers: readonly Layer[];
  /** Layers before the block whose outputs it reads; the segment's own input counts as `from - 1`. */
  readonly inputs: readonly number[];
  /** Layers of the block whose outputs leave it: for a later block, or because they were asked for. */
  readonly outputs: readonly number[];
  /** A tiled block starts with a layer whose window overlaps its neighbours': its halo is joined on. */
  readonly joinsHalo: boolean;
}

const BLOCK_WEIGHT_BYTES = 24 * 2 ** 20;

/** Throws a TilebedError (INPUT) that names the layer when the segment cannot be computed. */
export function segmentBlocks(spec: SegmentSpec): Block[] {
  checkSegment(spec);
  const layers = spec.network.layers.slice(spec.from, spec.to);
  const groups = spec.extent === 'tiled' ? splitAtCuts(layers, spec) : splitByWeight(layers);
  return groups.map((group, position) => {
    const own = new Set(group.map(({ index }) => index));
    const reads = new Set(group.flatMap(layersRead).filter((layer) => !own.has(layer)));
    const laterReads = new Set(
      groups
        .slice(position + 1)
        .flat()
        .flatMap(layersRead),
    );
    const leaves = (layer: Layer) =>
      laterReads.has(layer.index) || spec.outputs.includes(layer.index);
    return {
      layers: group,
      inputs: [...reads].sort((a, b) => a - b),
      outputs: group.filter(leaves).map(({ index }) => index),
      joinsHalo: spec.extent === 'tiled' && overlapsNeighbours(group[0]!),
    };
  });
}

function splitAtCuts(
  layers: readonly Layer[],
  { outputs, cuts = [] }: Pick<SegmentSpec, 'outputs' | 'cuts'>,
): Layer[][] {
  return splitBefore(
    layers,
    (layer, previous) =>
      overlapsNeighbours(layer) || outputs.includes(previous.index) || cuts.includes(layer.index),
  );
}

/** The blocks that a run computes: all of them, unless it says from where and to where. */
export function blocksOfRun<Member extends Block>(
  blocks: readonly Member[],
  { from, to }: Pick<SegmentRun, 'from' | 'to'>,
): readonly Member[] {
  const first =
    from === undefined ? 0 : blocks.findIndex(({ layers }) => layers[0]!.index === from);
  const last =
    to === undefined
      ? blocks.length - 1
      : blocks.findIndex(({ layers }) => layers.at(-1)!.index === to - 1);
  if (first < 0 || last < first) throw new Error(`no run from layer ${from} to before ${to}`);
  return blocks.slice(first, last + 1);
}

/** Layers whose outputs a run of these blocks returns, as `RunResult.outputs` says. */
export function wantedOutputs(
  { outputs, to }: Pick<SegmentSpec, 'outputs' | 'to'>,
  blocks: readonly Block[],
): readonly number[] {
  const [first, last] = [blocks[0]!.layers[0]!.index, blocks.at(-1)!.layers.at(-1)!.index];
  const wanted = outputs.filter((layer) => layer >= first && layer <= last);
  return last < to - 1 && !wanted.includes(last) ? [...wanted, last] : wanted;
}

/** A run's blocks as one, whose layers pad their inputs themselves. */
export interface Chain {
  readonly block: Block;
  /** By layer. */
  readonly padding: readonly Border[];
}

/** Undefined where a block gives anything but its map to the next, or is given anything but padding. */
export function chainOf(
  blocks: readonly Block[],
  { surrounds = [], keep = [] }: Pick<SegmentRun, 'surrounds' | 'keep'>,
  wanted: readonly number[],
): Chain | undefined {
  const layers = blocks.flatMap((block) => block.layers);
  const last = layers.at(-1)!.index;
  const padding = surrounds.filter(isPadding);
  if (padding.length < layers.length || keep.length > 0) return undefined;
  if (wanted.some((layer) => layer !== last)) return undefined;
  const block = { layers, inputs: blocks[0]!.inputs, outputs: [last], joinsHalo: false };
  return { block, padding };
}

function isPadding(around: Surround): around is Surround & Border {
  return Object.values(around).every((strip) => typeof strip === 'number');
}

function splitByWeight(layers: readonly Layer[]): Layer[][] {
  // Nothing is split before the first layer, so nobody asks about it.
  let bytes = weightBytes(layers.slice(0, 1));
  return splitBefore(layers, (layer) => {
    const own = weightBytes([layer]);
    bytes += own;
    if (bytes <= BLOCK_WEIGHT_BYTES || bytes === own) return false;
    bytes = own;
    return true;
  });
}

function splitBefore(
  layers: readonly Layer[],
  splits: (layer: Layer, previous: Layer) => boolean,
): Layer[][] {
  const groups: Layer[][] = [];
  for (const [position, layer] of layers.entries()) {
    const previous = layers[position - 1];
    if (previous === undefined || splits(layer, previous)) groups.push([layer]);
    else groups.at(-1)!.push(layer);
  }
  return groups;
}

function checkSegment({ network, from, to, extent }: SegmentSpec): void {
  const count = network.layers.length;
  if (!(from >= 0 && from < to && to <= count)) {
    throw new TilebedError('INPUT', `no layers ${from} to ${to - 1} in a network of ${count}`);
  }
  for (const layer of network.layers.slice(from, to)) {
    if (extent === 'tiled' && layer.kind !== 'convolutional' && layer.kind !== 'maxpool') {
      throw new TilebedError('INPUT', `${describe(layer, network)} cannot be computed in tiles`, {
        hint: 'fuse only layers before it',
      });
    }
    for (const source of layersRead(layer)) {
      const read = network.layers[source];
      if (read !== undefined && isDetectionLayer(read)) {
        throw new TilebedError(
          'INPUT',
          `${describe(layer, network)} reads the detections of layer ${source}, which no engine computes`,
        );
      }
      if (source >= from - 1) continue;
      throw new TilebedError(
        'INPUT',
        `${describe(layer, network)} reads layer ${source}, which lies before the segment that starts at ${from}`,
        { hint: `fuse at most ${source + 1} layers` },
      );
    }
  }
}

/** Layers whose outputs the layer computes from; -1 is the network's input. */
export function layersRead(layer: Layer): readonly number[] {
  if (layer.kind === 'route') return layer.sources;
  if (layer.kind === 'shortcut') return [layer.index - 1, layer.source];
  return [layer.index - 1];
}

function describe(layer: Layer, network: Network): string {
  return `layer ${layer.index} of ${network.name} (${layer.kind}, line ${layer.line})`;
}
