/**
 * A stage along one axis. Rows and columns of a part do not depend on each other, so a planner that
 * looks at thousands of cells follows spans back through the layers, each once, rather than regions.
 */
import type { Shape } from '../model/network.ts';
import type { WindowLayer } from './ftp.ts';

export type Axis = 'rows' | 'columns';

/** What a span of the stage's output needs. */
export interface Span {
  /** By layer, how many rows (columns) of its output. */
  readonly lengths: readonly number[];
  /** Of the stage's input map, inclusive. */
  readonly first: number;
  readonly last: number;
}

/** Away from the map's borders, `n` output rows need `scale n + before + after` rows of a layer's output. */
export interface LinearNeed {
  readonly scale: number;
  readonly before: number;
  readonly after: number;
}

export class StageSpans {
  /** By layer of the stage. */
  readonly linear: readonly LinearNeed[];
  readonly #layers: readonly WindowLayer[];
  readonly #axis: Axis;
  readonly #known = new Map<number, Span>();

  constructor(layers: readonly WindowLayer[], axis: Axis) {
    this.#layers = layers;
    this.#axis = axis;
    this.linear = linearNeeds(layers);
  }

  /** @param first of the last layer's output, as `last`, which is inclusive */
  span(first: number, last: number): Span {
    const key = first * 2 ** 20 + last;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const span = this.#follow(first, last);
    this.#known.set(key, span);
    return span;
  }

  #follow(first: number, last: number): Span {
    const lengths: number[] = [];
    let [from, to] = [first, last];
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      lengths.push(to - from + 1);
      const layer = this.#layers[index]!;
      const start = layer.stride * from - paddingBefore(layer);
      const end = layer.stride * to - paddingBefore(layer) + layer.size - 1;
      from = Math.max(0, start);
      to = Math.min(end, lengthOf(layer.input, this.#axis) - 1);
    }
    return { lengths: lengths.reverse(), first: from, last: to };
  }
}

function linearNeeds(layers: readonly WindowLayer[]): LinearNeed[] {
  const needs: LinearNeed[] = [];
  let need: LinearNeed = { scale: 1, before: 0, after: 0 };
  for (const layer of layers.toReversed()) {
    needs.push(need);
    const { stride, size } = layer;
    const padding = paddingBefore(layer);
    need = {
      scale: need.scale * stride,
      before: need.before * stride + padding,
      after: need.after * stride + size - stride - padding,
    };
  }
  return needs.reverse();
}

function paddingBefore(layer: WindowLayer): number {
  return layer.kind === 'convolutional' ? layer.padding : layer.paddingBefore;
}

export function lengthOf({ height, width }: Shape, axis: Axis): number {
  return axis === 'rows' ? height : width;
}

export function longerAxis({ height, width }: Shape): Axis {
  return height >= width ? 'rows' : 'columns';
}
