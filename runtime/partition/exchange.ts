/**
 * What travels before, between and behind two ways of sharing out, put into a meter. Cells lie in rows, from
 * the top and each from the left, so that what a cell reads lies in a few cells that stand together: they
 * are looked up, not looked for.
 */
import type { Shape } from '../model/network.ts';
import type { Candidate } from './candidates.ts';
import { type CostModel, frameBytes } from './cost-model.ts';
import { ExchangeMeter, MESSAGE_MS } from './exchange-meter.ts';

/** Parts of the frame, from its source to whoever else computes. */
export function scatter(
  model: CostModel,
  meter: ExchangeMeter,
  { holders, inputs }: Candidate,
): void {
  meter.clear();
  for (let part = 0; part < holders.length; part++) {
    if (holders[part] === 0) continue;
    const width = inputs[4 * part + 2]! - inputs[4 * part]! + 1;
    const height = inputs[4 * part + 3]! - inputs[4 * part + 1]! + 1;
    meter.add(0, holders[part]!, frameBytes(model, { width, height }));
  }
}

/** What exchanges between candidates cost under the same conditions, each counted once. */
export class Exchanges {
  readonly #model: CostModel;
  readonly #meter: ExchangeMeter;
  /** Milliseconds; less than nothing where it is not known but that they are no fewer than so many. */
  readonly #known = new Map<Candidate, Map<Candidate, number>>();

  constructor(model: CostModel) {
    this.#model = model;
    this.#meter = new ExchangeMeter(model);
  }

  /** Milliseconds; or no fewer than `enoughMs`, if it comes to that. */
  ms(giving: Candidate, taking: Candidate, elementBytes: number, enoughMs: number): number {
    let known = this.#known.get(giving);
    if (known === undefined) {
      known = new Map();
      this.#known.set(giving, known);
    }
    const before = known.get(taking);
    if (before !== undefined && (before >= 0 || -before >= enoughMs)) return Math.abs(before);
    let ms = exchangeAtLeastMs(this.#model, giving, taking, elementBytes, enoughMs);
    if (ms < enoughMs) {
      exchange(this.#meter, giving, taking, elementBytes, enoughMs);
      ms = this.#meter.ms;
    }
    if (ms < enoughMs) known.set(taking, ms);
    else if (ms > 0) known.set(taking, -ms);
    return ms;
  }
}

/**
 * What every edge reads of the others' outputs. It ends as soon as it comes to `enoughMs`, whatever is still
 * to be added: most of what is looked at costs several times that.
 */
export function exchange(
  meter: ExchangeMeter,
  { holders: givers, outputs }: Candidate,
  { holders: takers, inputs }: Candidate,
  elementBytes: number,
  enoughMs = Number.POSITIVE_INFINITY,
): void {
  meter.clear();
  for (let taker = 0; taker < takers.length && meter.ms < enoughMs; taker++) {
    const [x1, y1] = [inputs[4 * taker]!, inputs[4 * taker + 1]!];
    const [x2, y2] = [inputs[4 * taker + 2]!, inputs[4 * taker + 3]!];
    let giver = firstReaching(outputs, y1, 3, 0, givers.length);
    while (giver < givers.length && outputs[4 * giver + 1]! <= y2) {
      const rowEnd = firstReaching(outputs, outputs[4 * giver + 3]! + 1, 3, giver, givers.length);
      const top = Math.max(y1, outputs[4 * giver + 1]!);
      const height = Math.min(y2, outputs[4 * giver + 3]!) - top + 1;
      giver = firstReaching(outputs, x1, 2, giver, rowEnd);
      for (; giver < rowEnd && outputs[4 * giver]! <= x2; giver++) {
        if (givers[giver] === takers[taker]) continue;
        const left = Math.max(x1, outputs[4 * giver]!);
        const width = Math.min(x2, outputs[4 * giver + 2]!) - left + 1;
        meter.add(givers[giver]!, takers[taker]!, height * width * elementBytes);
      }
      giver = rowEnd;
    }
  }
}

/**
 * Milliseconds that `exchange` comes to at least: what each taker reads and does not have, as one message; or
 * `enoughMs`, if it comes to that. Since cells tile their map, that is its input less its own cell, whoever has the rest.
 */
export function exchangeAtLeastMs(
  { bitsPerMs, delayMs, shared }: CostModel,
  { holders: givers, outputs }: Candidate,
  { holders: takers, inputs }: Candidate,
  elementBytes: number,
  enoughMs = Number.POSITIVE_INFINITY,
): number {
  let [sum, most] = [0, 0];
  let giver = 0;
  for (let taker = 0; taker < takers.length; taker++) {
    if (delayMs + (shared ? sum : most) >= enoughMs) break;
    const edge = takers[taker]!;
    const [x1, y1] = [inputs[4 * taker]!, inputs[4 * taker + 1]!];
    const [x2, y2] = [inputs[4 * taker + 2]!, inputs[4 * taker + 3]!];
    let lacking = (x2 - x1 + 1) * (y2 - y1 + 1);
    // Both stand in the order of positions.
    while (giver < givers.length && givers[giver]! < edge) giver++;
    if (givers[giver] === edge) {
      const width = Math.min(x2, outputs[4 * giver + 2]!) - Math.max(x1, outputs[4 * giver]!) + 1;
      const top = Math.max(y1, outputs[4 * giver + 1]!);
      const height = Math.min(y2, outputs[4 * giver + 3]!) - top + 1;
      if (width > 0 && height > 0) lacking -= width * height;
    }
    if (lacking === 0) continue;
    const ms = (lacking * elementBytes * 8) / bitsPerMs[edge]! + MESSAGE_MS;
    sum += ms;
    most = Math.max(most, ms);
  }
  if (sum === 0) return 0;
  // A hair less, since sums of floats depend on their order.
  return (delayMs + (shared ? sum : most)) * (1 - 1e-9);
}

/**
 * Milliseconds that an `exchange` in front of these cells comes to at least, whatever is before: together they
 * have the map once, so what they read of it more than once travels.
 */
export function halosAtLeastMs(
  { bitsPerMs, delayMs, shared }: CostModel,
  { holders, inputs }: Candidate,
  { height, width }: Shape,
  elementBytes: number,
): number {
  let lacking = -height * width;
  let [fastest, together] = [0, 0];
  for (let part = 0; part < holders.length; part++) {
    const rate = bitsPerMs[holders[part]!]!;
    fastest = Math.max(fastest, rate);
    together += rate;
    lacking +=
      (inputs[4 * part + 2]! - inputs[4 * part]! + 1) *
      (inputs[4 * part + 3]! - inputs[4 * part + 1]! + 1);
  }
  if (lacking <= 0) return 0;
  const bits = lacking * elementBytes * 8;
  return (delayMs + bits / (shared ? fastest : together)) * (1 - 1e-9);
}

/** Of cells in ascending order of a corner (2: x2, 3: y2), the first from `from` on whose corner is no less. */
function firstReaching(
  cells: Int32Array,
  least: number,
  corner: 2 | 3,
  from: number,
  to: number,
): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cells[4 * middle + corner]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Outputs, to the gateway. */
export function gather(
  model: CostModel,
  meter: ExchangeMeter,
  { holders, outputs }: Candidate,
  elementBytes: number,
): void {
  meter.clear();
  for (let part = 0; part < holders.length; part++) {
    const width = outputs[4 * part + 2]! - outputs[4 * part]! + 1;
    const height = outputs[4 * part + 3]! - outputs[4 * part + 1]! + 1;
    meter.add(holders[part]!, model.edges, height * width * elementBytes);
  }
}
