/**
 * Fused Tile Partitioning: the last fused layer's map is cut into a grid, and each tile's need is
 * followed back through the layers (Zhao et al., TCAD 2018, section IV-A, equations 1 and 2 and
 * algorithm 1), here for windows of any size, stride and padding.
 */
import { TilebedError } from '../errors.ts';
import type { ConvolutionalLayer, Layer, MaxpoolLayer, Network } from '../model/network.ts';
import type { FusedPlan, TileLayer, TilePlan } from './plan.ts';
import type { Border, Grid, Region } from './region.ts';

/** A layer that computes each of its outputs from a window of its input: what can be fused. */
export type WindowLayer = ConvolutionalLayer | MaxpoolLayer;

/**
 * @param fusedLayers the number L of fused layers, 1 or more
 * @throws TilebedError (INPUT) when a layer cannot be fused or the grid is finer than the map
 */
export function planFusedTiles(network: Network, grid: Grid, fusedLayers: number): FusedPlan {
  const layers = fusibleLayers(network, fusedLayers);
  const { height, width } = layers.at(-1)!.output;
  if (grid.rows > height || grid.columns > width) {
    throw new TilebedError(
      'INPUT',
      `a grid of ${grid.rows}x${grid.columns} leaves tiles of layer ${fusedLayers - 1} with nothing to compute`,
      {
        hint: `its map has ${height} rows and ${width} columns: the finest grid is ${height}x${width}`,
      },
    );
  }
  const tiles: TilePlan[] = [];
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const cell = gridCell(grid, row, column, width, height);
      tiles.push({ index: tiles.length, row, column, ...planRegion(layers, cell) });
    }
  }
  return { grid, fusedLayers, tiles };
}

/** The cell's share of the map: proportional cuts, so that cells differ by at most one element. */
function gridCell(grid: Grid, row: number, column: number, width: number, height: number): Region {
  return {
    x1: Math.floor((width * column) / grid.columns),
    y1: Math.floor((height * row) / grid.rows),
    x2: Math.floor((width * (column + 1)) / grid.columns) - 1,
    y2: Math.floor((height * (row + 1)) / grid.rows) - 1,
  };
}

/** What consecutive layers read and write to make `output`, a region of the last one's map. */
export function planRegion(
  layers: readonly WindowLayer[],
  output: Region,
): Pick<TilePlan, 'input' | 'output' | 'layers'> {
  const planned: TileLayer[] = [];
  let wanted = output;
  for (const layer of layers.toReversed()) {
    const { input, border } = inputRegion(layer, wanted);
    planned.push({ layer: layer.index, input, border, output: wanted });
    wanted = input;
  }
  return { input: wanted, output, layers: planned.reverse() };
}

/** What a layer reads to compute `output`, clipped to its input map, and how much was clipped. */
export function inputRegion(
  layer: WindowLayer,
  output: Region,
): { readonly input: Region; readonly border: Border } {
  const before = layer.kind === 'convolutional' ? layer.padding : layer.paddingBefore;
  const across = inputSpan(output.x1, output.x2, layer, before, layer.input.width);
  const down = inputSpan(output.y1, output.y2, layer, before, layer.input.height);
  return {
    input: { x1: across.from, y1: down.from, x2: across.to, y2: down.to },
    border: {
      left: across.clippedBefore,
      right: across.clippedAfter,
      top: down.clippedBefore,
      bottom: down.clippedAfter,
    },
  };
}

function inputSpan(
  first: number,
  last: number,
  { stride, size }: WindowLayer,
  before: number,
  length: number,
) {
  const from = stride * first - before;
  const to = stride * last - before + size - 1;
  // Padding is less than the window, so every window meets the map and the clipped span is not empty.
  return {
    from: Math.max(0, from),
    to: Math.min(to, length - 1),
    clippedBefore: Math.max(0, -from),
    clippedAfter: Math.max(0, to - (length - 1)),
  };
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

/**
 * The first layers as one tile, halos unheard of: any layers will do, as long as none behind them reads
 * what lies inside. For the honest baseline of every speed-up.
 *
 * @throws TilebedError (INPUT) when a layer behind reads one inside
 */
export function planWhole(network: Network, fusedLayers: number): FusedPlan {
  checkCount(network, fusedLayers);
  checkReaders(network, fusedLayers);
  const [input, output] = [network.input, network.layers[fusedLayers - 1]!.output].map(
    ({ height, width }): Region => ({ x1: 0, y1: 0, x2: width - 1, y2: height - 1 }),
  ) as [Region, Region];
  const tile = { index: 0, row: 0, column: 0, input, output, layers: [] };
  return { grid: { rows: 1, columns: 1 }, fusedLayers, tiles: [tile] };
}

/**
 * The layers to fuse, checked: convolution and maxpool only, and read by nobody but their successor.
 *
 * @throws TilebedError (INPUT) that names the layer which cannot be fused
 */
export function fusibleLayers(network: Network, fusedLayers: number): readonly WindowLayer[] {
  checkCount(network, fusedLayers);
  const layers: WindowLayer[] = [];
  for (const layer of network.layers.slice(0, fusedLayers)) {
    if (layer.kind !== 'convolutional' && layer.kind !== 'maxpool') {
      throw new TilebedError(
        'INPUT',
        `${describe(layer)} cannot be fused: only convolutional and maxpool layers can`,
        {
          hint: `fuse at most ${layer.index} layers of ${network.name}`,
        },
      );
    }
    layers.push(layer);
  }
  checkReaders(network, fusedLayers);
  return layers;
}

function checkCount(network: Network, fusedLayers: number): void {
  const count = network.layers.length;
  if (Number.isInteger(fusedLayers) && fusedLayers >= 1 && fusedLayers <= count) return;
  throw new TilebedError(
    'INPUT',
    `${network.name} has ${count} layers: ${fusedLayers} cannot be fused`,
  );
}

function checkReaders(network: Network, fusedLayers: number): void {
  for (const layer of network.layers.slice(fusedLayers)) {
    const sources =
      layer.kind === 'route' ? layer.sources : layer.kind === 'shortcut' ? [layer.source] : [];
    for (const source of sources) {
      if (source >= fusedLayers - 1) continue;
      throw new TilebedError(
        'INPUT',
        `${describe(layer)} reads layer ${source}, which would be inside the ${fusedLayers} fused layers`,
        { hint: `fuse at most ${source + 1} layers of ${network.name}` },
      );
    }
  }
}

function describe(layer: Layer): string {
  return `layer ${layer.index} (${layer.kind}, line ${layer.line} of the cfg)`;
}
