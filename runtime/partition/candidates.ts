/**
 * How a stage may be shared out: which edges take part, and the cell of the stage's output map that each
 * of them computes. Strips, or bricks (rows of cells, as many cells in a row as it has edges), sized so
 * that all edges are done at the same time.
 *
 * Cells lie in the order of the edges' positions, so that an edge's cells of consecutive stages overlap
 * and little of a map has to move.
 */
import { elements, type Shape } from '../model/network.ts';
import { balancedSizes, type Cost } from './balance.ts';
import type { CostModel } from './cost-model.ts';
import type { WindowLayer } from './ftp.ts';
import { type Axis, lengthOf, longerAxis, type Span, StageSpans } from './spans.ts';

export interface Candidate {
  readonly from: number;
  readonly to: number;
  /** By part, the position of its edge. */
  readonly holders: readonly number[];
  /** By part, what it computes of the stage's output map: x1, y1, x2, y2, inclusive. */
  readonly outputs: Int32Array;
  /** By part, what it reads of the map before the stage. */
  readonly inputs: Int32Array;
  /** Of the slowest part. */
  readonly computeMs: number;
}

/** At which ends of the map a strip lies. */
interface Borders {
  readonly first: boolean;
  readonly last: boolean;
}

type CostOf = (edge: number, axis: Axis, borders: Borders) => Cost;

/** Of many edges not every number is tried: each is about a third more than the one before. */
const EVERY_NUMBER_UP_TO = 8;
/** Of more edges than these only those numbers are tried that have the stage computed sooner by so much. */
const MANY_EDGES = 32;
const WORTH_MORE_EDGES = 0.1;

/** A stage's layers, with what is known of its geometry whatever the edges are. */
export class StageShape {
  readonly from: number;
  readonly to: number;
  readonly input: Shape;
  readonly output: Shape;
  readonly #layers: readonly WindowLayer[];
  readonly #rows: StageSpans;
  readonly #columns: StageSpans;
  /** By layer, one over its map's area. */
  readonly #perElement: readonly number[];

  constructor(layers: readonly WindowLayer[]) {
    const [first, last] = [layers[0]!, layers.at(-1)!];
    this.from = first.index;
    this.to = last.index + 1;
    this.input = first.input;
    this.output = last.output;
    this.#layers = layers;
    this.#rows = new StageSpans(layers, 'rows');
    this.#columns = new StageSpans(layers, 'columns');
    this.#perElement = layers.map(({ output }) => 1 / (output.height * output.width));
  }

  /** Every way of sharing this stage out that is worth a look; at least one edge alone, the source among them. */
  candidates(model: CostModel): Candidate[] {
    const found: Candidate[] = [];
    const seen = new Set<string>();
    const ways = weighings(model);
    for (const linked of ways) {
      const costs = this.#costs(model, linked);
      let leastMs = Number.POSITIVE_INFINITY;
      for (const teams of this.#teams(model, linked)) {
        const shared = teams.flatMap((edges) =>
          brickRows(edges.length, this.output).flatMap(
            (rows) => this.#share(model, edges, rows, costs) ?? [],
          ),
        );
        const soonestMs = Math.min(...shared.map(({ computeMs }) => computeMs));
        const areMany = teams[0]!.length > MANY_EDGES;
        // More edges have more to send.
        if (areMany && soonestMs > (1 - WORTH_MORE_EDGES) * leastMs) break;
        leastMs = Math.min(leastMs, soonestMs);
        for (const candidate of shared) {
          // Teams and shapes differ; only another weighing can lead to the same cells again.
          if (ways.length === 1) {
            found.push(candidate);
            continue;
          }
          const key = `${candidate.holders} ${candidate.outputs}`;
          if (!seen.has(key)) found.push(candidate);
          seen.add(key);
        }
      }
    }
    return found;
  }

  /**
   * By growing size: the best edges, and the source with the best of the others, where one edge makes a
   * difference. Each in the order of positions.
   */
  *#teams(model: CostModel, linked: boolean): Generator<readonly number[][]> {
    const wholeMs = model.layerMs.map((_, edge) => this.#wholeMs(model, edge, linked));
    const best = [...wholeMs.keys()].sort((a, b) => wholeMs[a]! - wholeMs[b]! || a - b);
    const rank = new Map(best.map((edge, place) => [edge, place]));
    const byPosition = [...wholeMs.keys()];
    for (let size = 1; size <= model.edges; size = nextSize(size, model.edges)) {
      const teams = [byPosition.filter((edge) => rank.get(edge)! < size)];
      if (rank.get(0)! >= size && size <= MANY_EDGES) {
        teams.push(byPosition.filter((edge) => edge === 0 || rank.get(edge)! < size - 1));
      }
      yield teams;
    }
  }

  /** The whole stage on one edge; with its way there and away, where links count. */
  #wholeMs(model: CostModel, edge: number, linked: boolean): number {
    const linkMs = linked ? this.#linkMs(model, edge) : 0;
    return this.#layers.reduce((sum, { index }) => sum + model.layerMs[edge]![index]!, linkMs);
  }

  #linkMs({ bitsPerMs }: CostModel, edge: number): number {
    const floats = elements(this.input) + elements(this.output);
    return (8 * Float32Array.BYTES_PER_ELEMENT * floats) / bitsPerMs[edge]!;
  }

  #share(
    model: CostModel,
    edges: readonly number[],
    brickRows: number,
    costOf: CostOf,
  ): Candidate | undefined {
    const along = brickRows === 1 ? longerAxis(this.output) : 'rows';
    if (brickRows === 1) {
      if (edges.length > lengthOf(this.output, along)) return undefined;
      const costs = edges.map((edge, place) => costOf(edge, along, bordersOf(place, edges.length)));
      const sizes = balancedSizes(lengthOf(this.output, along), costs);
      if (sizes === undefined) return undefined;
      const across = lengthOf(this.output, along === 'rows' ? 'columns' : 'rows');
      const cells = new Int32Array(4 * edges.length);
      let next = 0;
      for (const [part, size] of sizes.entries()) {
        const last = next + size - 1;
        if (along === 'rows') setCell(cells, part, 0, next, across - 1, last);
        else setCell(cells, part, next, 0, last, across - 1);
        next += size;
      }
      return this.#measure(model, edges, cells);
    }
    return this.#bricks(model, edges, brickRows, costOf);
  }

  #bricks(
    model: CostModel,
    edges: readonly number[],
    brickRows: number,
    costOf: CostOf,
  ): Candidate | undefined {
    if (edges.length > brickRows * this.output.width) return undefined;
    const groups = Array.from({ length: brickRows }, (_, row) =>
      edges.slice(
        Math.floor((edges.length * row) / brickRows),
        Math.floor((edges.length * (row + 1)) / brickRows),
      ),
    );
    const heights = balancedSizes(
      this.output.height,
      groups.map((group, row) => {
        const borders = bordersOf(row, brickRows);
        return together(group.map((edge) => costOf(edge, 'rows', borders)));
      }),
    );
    if (heights === undefined) return undefined;
    const cells = new Int32Array(4 * edges.length);
    let [part, y] = [0, 0];
    for (const [row, group] of groups.entries()) {
      const widths = balancedSizes(
        this.output.width,
        group.map((edge, place) => costOf(edge, 'columns', bordersOf(place, group.length))),
      );
      if (widths === undefined) return undefined;
      let x = 0;
      for (const width of widths) {
        setCell(cells, part++, x, y, x + width - 1, y + heights[row]! - 1);
        x += width;
      }
      y += heights[row]!;
    }
    return this.#measure(model, edges, cells);
  }

  /** What strips cost, each found once. */
  #costs(model: CostModel, linked: boolean): CostOf {
    const known: Record<Axis, Cost[]> = { rows: [], columns: [] };
    return (edge, axis, borders) => {
      const key = 4 * edge + 2 * Number(borders.first) + Number(borders.last);
      known[axis][key] ??= this.#cost(model, edge, axis, borders, linked);
      return known[axis][key];
    };
  }

  /** What a strip along the axis costs an edge: by its length, and for its halos, where the map goes on. */
  #cost(model: CostModel, edge: number, axis: Axis, borders: Borders, linked: boolean): Cost {
    const { linear } = axis === 'rows' ? this.#rows : this.#columns;
    const layerMs = model.layerMs[edge]!;
    // Never nothing at all, or there is no balance.
    let perRow = 1e-9;
    let fixed = model.runMs[edge]!;
    for (let index = 0; index < linear.length; index++) {
      const { scale, before, after } = linear[index]!;
      const layer = this.#layers[index]!;
      const rowMs = layerMs[layer.index]! / lengthOf(layer.output, axis);
      perRow += rowMs * scale;
      if (!borders.first) fixed += rowMs * before;
      if (!borders.last) fixed += rowMs * after;
    }
    if (linked) perRow += this.#linkMs(model, edge) / lengthOf(this.output, axis);
    return { perRow, fixed: Math.max(0, fixed) };
  }

  #measure(model: CostModel, holders: readonly number[], outputs: Int32Array): Candidate {
    const inputs = new Int32Array(outputs.length);
    let computeMs = 0;
    for (let part = 0; part < holders.length; part++) {
      const across = this.#columns.span(outputs[4 * part]!, outputs[4 * part + 2]!);
      const down = this.#rows.span(outputs[4 * part + 1]!, outputs[4 * part + 3]!);
      setCell(inputs, part, across.first, down.first, across.last, down.last);
      const holder = holders[part]!;
      const layersMs = this.#layersMs(model.layerMs[holder]!, across, down);
      computeMs = Math.max(computeMs, model.runMs[holder]! + layersMs);
    }
    const { from, to } = this;
    return { from, to, holders, outputs, inputs, computeMs };
  }

  #layersMs(layerMs: Float64Array, across: Span, down: Span): number {
    let sum = 0;
    for (let index = 0; index < this.#perElement.length; index++) {
      const area = across.lengths[index]! * down.lengths[index]!;
      sum += layerMs[this.from + index]! * area * this.#perElement[index]!;
    }
    return sum;
  }
}

/** One part's cell, without an array of its own: there are millions. */
function setCell(cells: Int32Array, part: number, x1: number, y1: number, x2: number, y2: number) {
  cells[4 * part] = x1;
  cells[4 * part + 1] = y1;
  cells[4 * part + 2] = x2;
  cells[4 * part + 3] = y2;
}

/** Shares may follow the speeds alone; where links differ, also speed and link together. */
function weighings({ bitsPerMs, edges, shared }: CostModel): boolean[] {
  const rates = bitsPerMs.subarray(0, edges);
  const differ = !shared && Math.max(...rates) > 1.5 * Math.min(...rates);
  return differ ? [false, true] : [false];
}

function nextSize(size: number, most: number): number {
  const next = size < EVERY_NUMBER_UP_TO ? size + 1 : Math.ceil((size * 4) / 3);
  return size < most ? Math.min(next, most) : most + 1;
}

/** 1 stands for strips; else rows of cells: two, and as many as make cells about square. */
function brickRows(edges: number, { height, width }: Shape): number[] {
  if (edges < 4) return [1];
  const square = Math.round(Math.sqrt((edges * height) / width));
  return [...new Set([1, 2, Math.max(2, Math.min(square, edges >> 1))])];
}

function bordersOf(place: number, count: number): Borders {
  return { first: place === 0, last: place === count - 1 };
}

/** Edges that share a row of cells, as one that is as fast as they are together. */
function together(costs: readonly Cost[]): Cost {
  const ways = costs.reduce((sum, { perRow }) => sum + 1 / perRow, 0);
  const fixed = costs.reduce((sum, cost) => sum + cost.fixed / cost.perRow, 0) / ways;
  return { perRow: 1 / ways, fixed: fixed / costs.length };
}
