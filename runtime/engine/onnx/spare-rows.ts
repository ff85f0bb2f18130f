/**
 * Spare rows below small maps, so that a convolution of a tile adds up in the same order as that of the
 * whole map and gives the same bits.
 *
 * onnxruntime has two ways to convolve. The blocked one (blocked.ts, on x64 only, and only for
 * suitable numbers of channels) treats every output alike. The other multiplies matrices (MLAS, convolve.cpp
 * and sgemm.cpp): it adds up 128 products at a time, but more where the map has 64 elements or fewer,
 * and has a routine of its own for a single element. There a small map is given more rows; they are
 * cut off again behind the layer. With several threads each has its share of the map, so that this is
 * certain for one thread only.
 */
import type { ConvolutionalLayer, Layer, Shape } from '../../model/network.ts';
import { isBlocked } from './blocked.ts';
import type { GraphBuilder } from './graph.ts';

/** Products that are added up at a time, whatever the size of the map. */
const SAFE_PRODUCTS = 128;
/** From so many elements on the size of the map makes no difference. */
const SAFE_ELEMENTS = 65;

/** Whether the layer's sums would depend on the size of its map. */
export function needsSpareRows(
  layer: Layer,
  architecture: string = process.arch,
): layer is ConvolutionalLayer {
  return layer.kind === 'convolutional' && fewestElements(layer, architecture) > 1;
}

/** Rows to add to the layer's output. */
export function spareRows(
  layer: ConvolutionalLayer,
  { height, width }: Pick<Shape, 'height' | 'width'>,
  architecture: string = process.arch,
): number {
  return Math.max(0, Math.ceil(fewestElements(layer, architecture) / width) - height);
}

function fewestElements(layer: ConvolutionalLayer, architecture: string): number {
  const x64 = architecture === 'x64';
  if (x64 && isBlocked(layer)) return 1;
  const products = (layer.input.channels / layer.groups) * layer.size * layer.size;
  if (products > SAFE_PRODUCTS) return SAFE_ELEMENTS;
  return x64 ? 2 : 1;
}

/** Adds the rows to the layer's input; how many, each run says. */
export function addSpareRows(
  graph: GraphBuilder,
  input: string,
  layer: ConvolutionalLayer,
): string {
  const names = spareRowInputs(layer);
  graph.integerInput(names.pads, 8);
  return graph.node('Pad', [input, names.pads], `${names.pads}.padded`);
}

/** Takes them off the layer's output again. */
export function cutSpareRows(
  graph: GraphBuilder,
  value: string,
  output: string,
  layer: ConvolutionalLayer,
): string {
  const { rows } = spareRowInputs(layer);
  graph.integerInput(rows, 1);
  const start = graph.integers(`${rows}.start`, [0]);
  const axis = graph.integers(`${rows}.axis`, [2]);
  return graph.node('Slice', [value, start, rows, axis], output);
}

/** The graph's inputs that `addSpareRows` and `cutSpareRows` made, with the values of one run. */
export function spareRowValues(
  layer: ConvolutionalLayer,
  output: Shape,
): Readonly<Record<string, readonly number[]>> {
  const names = spareRowInputs(layer);
  const below = spareRows(layer, output) * layer.stride;
  return { [names.pads]: [0, 0, 0, 0, 0, 0, below, 0], [names.rows]: [output.height] };
}

function spareRowInputs({ index }: ConvolutionalLayer) {
  return { pads: `spare${index}`, rows: `rows${index}` } as const;
}
