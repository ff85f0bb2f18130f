/**
 * Cuts a segment into blocks: the stretches between the places where something from outside must be
 * joined on (a tile's halo) or taken out (an output that was asked for).
 *
 * A block becomes one engine session. Between blocks a map lies in memory that tilebed owns, which
 * keeps what a device holds to the largest block, and lets weights be loaded one block at a time.
 */
import { TilebedError } from '../errors.ts';
import type { Layer, Network } from '../model/network.ts';
import type { SegmentSpec } from './engine.ts';

export interface Block {
  readonly layers: readonly Layer[];
  /** A tiled block starts with a layer whose window overlaps its neighbours': its halo is joined on. */
  readonly joinsHalo: boolean;
  /** Layers of the block whose outputs leave it, last one last. */
  readonly outputs: readonly number[];
}

export function segmentBlocks(spec: SegmentSpec): Block[] {
  checkSegment(spec);
  const layers = spec.network.layers.slice(spec.from, spec.to);
  const last = spec.to - 1;
  // A whole segment is one session: its engine may then choose layouts across all of it.
  if (spec.extent === 'whole') {
    return [{ layers, joinsHalo: false, outputs: withLast(spec.outputs, last) }];
  }
  const blocks: Block[] = [];
  let start = 0;
  for (let end = 1; end <= layers.length; end++) {
    const next = layers[end];
    const leaves = spec.outputs.includes(spec.from + end - 1);
    if (next !== undefined && !leaves && !overlapsNeighbours(next)) continue;
    const block = layers.slice(start, end);
    const first = block[0];
    blocks.push({
      layers: block,
      joinsHalo: first !== undefined && overlapsNeighbours(first),
      outputs: [spec.from + end - 1],
    });
    start = end;
  }
  return blocks;
}

/** Whether neighbouring windows of the layer share elements or reach outside the map. */
export function overlapsNeighbours(layer: Layer): boolean {
  if (layer.kind !== 'convolutional' && layer.kind !== 'maxpool') return false;
  if (layer.size > layer.stride) return true;
  const before = layer.kind === 'convolutional' ? layer.padding : layer.paddingBefore;
  const reach = (outputs: number) => (outputs - 1) * layer.stride - before + layer.size;
  return (
    before > 0 ||
    reach(layer.output.height) > layer.input.height ||
    reach(layer.output.width) > layer.input.width
  );
}

function withLast(outputs: readonly number[], last: number): number[] {
  return outputs.includes(last) ? [...outputs] : [...outputs, last];
}

function checkSegment({ network, from, to, extent }: SegmentSpec): void {
  const count = network.layers.length;
  if (!(from >= 0 && from < to && to <= count)) {
    throw new TilebedError('INPUT', `no layers ${from} to ${to - 1} in a network of ${count}`);
  }
  for (const layer of network.layers.slice(from, to)) {
    if (layer.kind === 'region' || layer.kind === 'yolo') {
      throw new TilebedError(
        'INPUT',
        `${describe(layer)} decodes detections: no engine computes it`,
      );
    }
    if (extent === 'tiled' && layer.kind !== 'convolutional' && layer.kind !== 'maxpool') {
      throw new TilebedError('INPUT', `${describe(layer)} cannot be computed in tiles`, {
        hint: 'fuse only layers before it',
      });
    }
    for (const source of layersRead(layer, network)) {
      if (source < from - 1) {
        throw new TilebedError(
          'INPUT',
          `${describe(layer)} reads layer ${source}, which lies before the segment that starts at ${from}`,
          { hint: `fuse at most ${source + 1} layers` },
        );
      }
    }
  }
}

function layersRead(layer: Layer, network: Network): readonly number[] {
  if (layer.kind === 'route') return layer.sources;
  if (layer.kind === 'shortcut') return [layer.index - 1, layer.source];
  return network.layers.length > 0 ? [layer.index - 1] : [];
}

function describe(layer: Layer): string {
  return `layer ${layer.index} (${layer.kind}, line ${layer.line})`;
}
