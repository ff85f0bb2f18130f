/**
 * Padding inside a session, in front of a layer whose window reaches beyond its map: how much on each
 * side, each run says. A map in blocks of channels is padded as it lies: with its blocks as an axis of
 * their own, its memory is in the usual order.
 */
import type { Layer } from '../../model/network.ts';
import { overlapsNeighbours } from '../../partition/ftp.ts';
import { type Surround, stripSize } from '../engine.ts';
import { wholeBlocks } from './blocked.ts';
import type { GraphBuilder } from './graph.ts';
import type { Layouts } from './layouts.ts';

export function needsPadding(layer: Layer): boolean {
  return overlapsNeighbours(layer);
}

/** Returns the name of the padded map, in the order of the given one. */
export function addPadding(
  graph: GraphBuilder,
  layouts: Layouts,
  map: string,
  { index, input: { channels } }: Layer,
  block: number | undefined,
): string {
  const name = padsInput(index);
  const inBlocks = block !== undefined && layouts.isBlocked(map);
  const [source, held, size] = inBlocks
    ? [layouts.blocked(map), wholeBlocks(channels, block), block]
    : [map, channels, 1];
  // Of a shape, 0 stands for the size that the map has there: height and width.
  const apart = graph.integers(`${name}.apart`, [1, held / size, 0, 0, size]);
  const again = graph.integers(`${name}.again`, [1, held, 0, 0]);
  graph.integerInput(name, 10);
  graph.node('Reshape', [source, apart], `${name}.blocks`);
  graph.node('Pad', [`${name}.blocks`, name], `${name}.padded`);
  const padded = `${map}.framed`;
  const output = inBlocks ? layouts.makeBlocked(padded, channels) : padded;
  graph.node('Reshape', [`${name}.padded`, again], output);
  return padded;
}

/** The graph's input that `addPadding` made, with the values of one run. */
export function paddingValues(
  { index }: Layer,
  { left, right, top, bottom }: Surround,
): Readonly<Record<string, readonly number[]>> {
  const before = [0, 0, stripSize(top), stripSize(left), 0];
  const after = [0, 0, stripSize(bottom), stripSize(right), 0];
  return { [padsInput(index)]: [...before, ...after] };
}

function padsInput(layer: number): string {
  return `pads${layer}`;
}
