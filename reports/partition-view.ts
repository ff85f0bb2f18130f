/** A frame as a point's tiles cut it: each tile's part of the input, and what neighbours compute twice. */
import type { Network } from '../runtime/model/network.ts';
import {
  plainMultiplyAccumulates,
  planInputBytes,
  planMultiplyAccumulates,
} from '../runtime/partition/analysis.ts';
import { planFusedTiles } from '../runtime/partition/ftp.ts';
import type { TilePlan } from '../runtime/partition/plan.ts';
import { type Drawing, px } from './drawing.ts';
import { markup } from './markup.ts';
import { mebibytesText, significant } from './numbers.ts';

const WIDTH = 440;
const EDGE = 4;

/** @param grid ROWSxCOLUMNS; undefined where the network cannot be cut like that */
export function partitionView(
  network: Network,
  grid: string,
  fusedLayers: number,
): Drawing | undefined {
  const [rows = 0, columns = 0] = grid.split('x').map(Number);
  if (rows * columns < 2) return undefined;
  const plan = planFusedTiles(network, { rows, columns }, fusedLayers);
  const { width, height } = network.input;
  const scale = (WIDTH - 2 * EDGE) / width;
  const tiles = plan.tiles.map((tile) => drawTile(tile, scale));
  const middle = plan.tiles[Math.floor(rows / 2) * columns + Math.floor(columns / 2)]!;
  const plainBytes = 4 * width * height * network.input.channels;
  const more = planMultiplyAccumulates(network, plan) / plainMultiplyAccumulates(network, plan) - 1;
  return {
    title: 'Tiles on the frame',
    description: `${grid} tiles of ${fusedLayers} fused layers on ${width} × ${height} pixels. Darker is read by several tiles; tile ${middle.index} is outlined. All tiles together read ${mebibytesText(planInputBytes(network, plan))} for a frame of ${mebibytesText(plainBytes)}, and compute ${significant(100 * more)} % more than the whole, unless halos are reused.`,
    width: WIDTH,
    height: px(height * scale) + 2 * EDGE,
    body: markup`<g transform="translate(${EDGE} ${EDGE})"><rect class="track" width="${px(width * scale)}" height="${px(height * scale)}"/>${tiles}${outline(middle, scale)}</g>`,
  };
}

function rectangle({ input: { x1, y1, x2, y2 } }: TilePlan, scale: number) {
  return {
    x: px(x1 * scale),
    y: px(y1 * scale),
    width: px((x2 - x1 + 1) * scale),
    height: px((y2 - y1 + 1) * scale),
  };
}

function drawTile(tile: TilePlan, scale: number) {
  const { x, y, width, height } = rectangle(tile, scale);
  const { x1, y1, x2, y2 } = tile.input;
  const tip = `tile ${tile.index}: reads ${x2 - x1 + 1} × ${y2 - y1 + 1} pixels from (${x1}, ${y1})`;
  return markup`<rect class="f0 tile" x="${x}" y="${y}" width="${width}" height="${height}" fill-opacity="0.22"><title>${tip}</title></rect><text class="note middle" x="${px(x + width / 2)}" y="${px(y + height / 2 + 4)}">${tile.index}</text>`;
}

function outline(tile: TilePlan, scale: number) {
  const { x, y, width, height } = rectangle(tile, scale);
  return markup`<rect class="interval" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}
