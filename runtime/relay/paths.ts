/** All ways between the nodes of a relay, with the buckets that they share. */
import { Bucket } from './bucket.ts';
import type { LinkShape, RelayConfig } from './config.ts';
import { LinkPath } from './path.ts';

export class LinkPaths {
  readonly #config: RelayConfig;
  readonly #random: () => number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #paths = new Map<string, LinkPath>();

  constructor(config: RelayConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
  }

  /** Names of nodes that the relay knows. */
  between(from: string, to: string): LinkPath {
    const key = `${from} ${to}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const path = this.#make(from, to);
    this.#paths.set(key, path);
    return path;
  }

  #make(from: string, to: string): LinkPath {
    const pair = this.#pairLink(from, to);
    const { medium } = this.#config;
    const passed: [string, LinkShape | undefined][] = [
      [`${from} sends`, this.#nodeLink(from)],
      [`${from} to ${to}`, pair],
      ['medium', medium],
      [`${to} receives`, this.#nodeLink(to)],
    ];
    const rates = passed.flatMap(([, link]) => link?.rateBitsPerSecond ?? []);
    const links = [this.#nodeLink(from), pair, medium].filter((link) => link !== undefined);
    const back = [this.#nodeLink(to), pair, medium].filter((link) => link !== undefined);
    return new LinkPath(
      {
        buckets: passed.flatMap(([name, link]) => this.#bucket(name, link?.rateBitsPerSecond)),
        links,
        roundTripMs: [...links, ...back].reduce((sum, { delayMs = 0 }) => sum + delayMs, 0),
        ...(rates.length === 0 ? {} : { rateBitsPerSecond: Math.min(...rates) }),
      },
      this.#random,
    );
  }

  #nodeLink(name: string): LinkShape | undefined {
    return this.#config.nodes.find((node) => node.name === name)?.link;
  }

  #pairLink(a: string, b: string): LinkShape | undefined {
    return this.#config.pairs.find(({ between }) => between.includes(a) && between.includes(b))
      ?.link;
  }

  #bucket(name: string, rate: number | undefined): readonly Bucket[] {
    if (rate === undefined) return [];
    const bucket = this.#buckets.get(name) ?? new Bucket(rate);
    this.#buckets.set(name, bucket);
    return [bucket];
  }
}
