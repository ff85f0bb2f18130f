/**
 * In which order the maps of a graph lie: plain ([channels][height][width]), in blocks of channels, or
 * both. A map is turned from one order into the other where somebody first asks for it.
 */
import type { GraphBuilder } from './graph.ts';

export class Layouts {
  readonly #graph: GraphBuilder;
  /** Names of maps in blocks, by the map's plain name. */
  readonly #blocked = new Map<string, string>();
  /** Maps that exist in blocks only, and their channels. */
  readonly #onlyBlocked = new Map<string, number>();

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  /** Name of the map in plain order: the map's own. */
  plain(map: string): string {
    const channels = this.#onlyBlocked.get(map);
    if (channels === undefined) return map;
    this.#onlyBlocked.delete(map);
    return this.#graph.blockedNode('ReorderOutput', [this.#blocked.get(map)!], map, { channels });
  }

  /** Name of the map in blocks. */
  blocked(map: string): string {
    const name = this.#blocked.get(map) ?? `${map}.blocked`;
    if (!this.#blocked.has(map)) this.#graph.blockedNode('ReorderInput', [map], name);
    this.#blocked.set(map, name);
    return name;
  }

  isBlocked(map: string): boolean {
    return this.#blocked.has(map);
  }

  /** Names the map in blocks that the caller is about to compute. */
  makeBlocked(map: string, channels: number): string {
    const name = `${map}.blocked`;
    this.#blocked.set(map, name);
    this.#onlyBlocked.set(map, channels);
    return name;
  }
}
