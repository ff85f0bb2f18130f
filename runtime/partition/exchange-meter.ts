/** What it takes nodes to send each other something: by links of their own, links of pairs, or one medium. */
import type { CostModel } from './cost-model.ts';

/** A message: its way through the event loops and the encryption of two nodes. */
export const MESSAGE_MS = 0.2;

/** Milliseconds of an exchange, from the bytes of each pair of nodes that talk. To be used again after `clear`. */
export class ExchangeMeter {
  readonly #model: CostModel;
  readonly #sendMs: Float64Array;
  readonly #takeMs: Float64Array;
  readonly #messages: Float64Array;
  /** Nodes that send or take anything, each once. */
  readonly #talking: number[] = [];
  /** By pair that has a link of its own. */
  readonly #pairMs = new Map<number, number>();
  #pairDelayMs = 0;
  #airMs = 0;
  /** Of the nodes and pairs. */
  #slowestMs = 0;

  constructor(model: CostModel) {
    this.#model = model;
    this.#sendMs = new Float64Array(model.edges + 1);
    this.#takeMs = new Float64Array(model.edges + 1);
    this.#messages = new Float64Array(model.edges + 1);
  }

  clear(): void {
    for (const node of this.#talking) {
      this.#sendMs[node] = 0;
      this.#takeMs[node] = 0;
      this.#messages[node] = 0;
    }
    this.#talking.length = 0;
    if (this.#pairMs.size > 0) this.#pairMs.clear();
    this.#pairDelayMs = 0;
    this.#airMs = 0;
    this.#slowestMs = 0;
  }

  add(from: number, to: number, bytes: number): void {
    const { bitsPerMs, shared, pairs } = this.#model;
    const bits = bytes * 8;
    const sender = bitsPerMs[from]!;
    const taker = bitsPerMs[to]!;
    if (shared) this.#airMs += bits / Math.min(sender, taker) + MESSAGE_MS;
    else {
      this.#sendMs[from]! += bits / sender + MESSAGE_MS;
      this.#takeMs[to]! += bits / taker + MESSAGE_MS;
      this.#slowestMs = Math.max(this.#slowestMs, this.#sendMs[from]!, this.#takeMs[to]!);
    }
    if (this.#messages[from]!++ === 0) this.#talking.push(from);
    if (this.#messages[to]!++ === 0) this.#talking.push(to);
    if (pairs.size === 0) return;
    const at = from * bitsPerMs.length + to;
    const pair = pairs.get(at);
    if (pair === undefined) return;
    const pairMs = (this.#pairMs.get(at) ?? 0) + bits / pair.bitsPerMs + MESSAGE_MS;
    this.#pairMs.set(at, pairMs);
    this.#slowestMs = Math.max(this.#slowestMs, pairMs);
    this.#pairDelayMs = Math.max(this.#pairDelayMs, pair.delayMs);
  }

  /** What a node does for the messages that it sends and takes. */
  messagesMs(node: number): number {
    return MESSAGE_MS * this.#messages[node]!;
  }

  /** Delay, and the slowest node, pair or the medium. It only grows with what is added. */
  get ms(): number {
    if (this.#talking.length === 0) return 0;
    return this.#model.delayMs + this.#pairDelayMs + this.linkMs;
  }

  get linkMs(): number {
    return Math.max(this.#slowestMs, this.#airMs);
  }
}
