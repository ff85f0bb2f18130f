/**
 * What DeepThings' tiles give their neighbours, as its authors' code counts it (Zhao et al., TCAD 2018,
 * section IV-C): the tiles of the checkerboard's one colour compute all they need; one of the other
 * colour goes back through the layers, and at each boundary takes from its four neighbours whatever
 * these have of it. Strips to the left and right have the full height, those above and below the full
 * width, so corners are sent twice. tilebed's own reuse (runtime/partition/reuse.ts) is another.
 */
import type { Network } from '../../runtime/model/network.ts';
import { fusibleLayers, inputRegion, planFusedTiles } from '../../runtime/partition/ftp.ts';
import type { Grid, Region } from '../../runtime/partition/region.ts';

/** Bytes a frame: every strip that some tile would take. */
export function paperOverlapBytes(network: Network, grid: Grid, fusedLayers: number): number {
  const layers = fusibleLayers(network, fusedLayers);
  const { tiles } = planFusedTiles(network, grid, fusedLayers);
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= grid.rows || column >= grid.columns
      ? undefined
      : tiles[row * grid.columns + column];
  let elements = 0;
  for (const { row, column, output } of tiles) {
    if ((row + column) % 2 === 0) continue;
    let wanted = output;
    for (const layer of layers.slice(1).toReversed()) {
      const all = inputRegion(layer, wanted).input;
      const held = (rows: number, columns: number) =>
        at(row + rows, column + columns)?.layers[layer.index]?.input;
      const cut = withoutNeighbours(all, {
        left: held(0, -1),
        right: held(0, 1),
        top: held(-1, 0),
        bottom: held(1, 0),
      });
      elements += layer.input.channels * cut.elements;
      wanted = cut.rest;
    }
  }
  return Float32Array.BYTES_PER_ELEMENT * elements;
}

type Held = Readonly<Record<'left' | 'right' | 'top' | 'bottom', Region | undefined>>;

function withoutNeighbours(all: Region, { left, right, top, bottom }: Held) {
  const rest = {
    x1: Math.max(all.x1, (left?.x2 ?? -1) + 1),
    x2: Math.min(all.x2, (right?.x1 ?? Number.POSITIVE_INFINITY) - 1),
    y1: Math.max(all.y1, (top?.y2 ?? -1) + 1),
    y2: Math.min(all.y2, (bottom?.y1 ?? Number.POSITIVE_INFINITY) - 1),
  };
  const columns = rest.x1 - all.x1 + (all.x2 - rest.x2);
  const rows = rest.y1 - all.y1 + (all.y2 - rest.y2);
  const elements = columns * (all.y2 - all.y1 + 1) + rows * (all.x2 - all.x1 + 1);
  return { rest, elements };
}
