/** Who gets how much: edges' speeds from what they measured, and maps cut in proportion to them. */
import type { EdgeProfile } from './stages.ts';

/** Speeds that differ by less are one speed: two measurements of one device differ by as much. */
const ALIKE = 1.1;

/**
 * Relative speeds over all fused layers. Devices that are alike get exactly 1, so that equal devices get
 * what the papers' equal shares give them. An edge of which nothing is known counts as an average one.
 */
export function relativeSpeeds(edges: readonly EdgeProfile[]): number[] {
  const speeds = edges.map(({ layerMs }) => {
    const totalMs = layerMs.reduce((sum, ms) => sum + ms, 0);
    return totalMs > 0 ? 1 / totalMs : undefined;
  });
  const known = speeds.filter((speed) => speed !== undefined);
  if (known.length === 0 || Math.max(...known) <= ALIKE * Math.min(...known)) {
    return edges.map(() => 1);
  }
  const average = known.reduce((sum, speed) => sum + speed, 0) / known.length;
  return speeds.map((speed) => (speed ?? average) / average);
}

export function areAlike(speeds: readonly number[]): boolean {
  return speeds.every((speed) => speed === speeds[0]);
}

/**
 * Cuts of a length in proportion to the speeds, from 0 to `length`: share i lies between cut i and cut
 * i + 1, and may be empty. Of more alike edges than there are rows, the first get one each.
 */
export function proportionalCuts(length: number, speeds: readonly number[]): number[] {
  const shared = areAlike(speeds) ? speeds.slice(0, length) : speeds;
  const total = shared.reduce((sum, speed) => sum + speed, 0);
  let before = 0;
  const cuts = speeds.map((_, index) => {
    const cut = Math.floor((length * before) / total);
    before += shared[index] ?? 0;
    return Math.min(cut, length);
  });
  return [...cuts, length];
}

/** The papers' equal cuts: ceil(length / shares) each, and the last ones get what is left, if anything. */
export function ceilingCuts(length: number, shares: number): number[] {
  const size = Math.ceil(length / shares);
  return Array.from({ length: shares + 1 }, (_, index) => Math.min(index * size, length));
}

/** Deals `count` things of one size out, each to whoever is done with it first: alike edges take turns. */
export function dealOut(count: number, speeds: readonly number[]): number[] {
  const loads = speeds.map(() => 0);
  return Array.from({ length: count }, () => {
    let best = 0;
    for (const [edge, speed] of speeds.entries()) {
      if ((loads[edge]! + 1) / speed < (loads[best]! + 1) / speeds[best]!) best = edge;
    }
    loads[best]!++;
    return best;
  });
}

/**
 * Edges that are so much alike that it may be noise count as one and the same: each with the mean of what
 * all compute. Who has a little more than the others holds all of them up at the end of a stage.
 */
export function pooled(edges: readonly EdgeProfile[]): readonly EdgeProfile[] {
  const isKnown = edges.every(({ layerMs }) => layerMs.length > 0);
  if (!isKnown || !areAlike(relativeSpeeds(edges))) return edges;
  const layerMs = edges[0]!.layerMs.map(
    (_, layer) => edges.reduce((sum, edge) => sum + edge.layerMs[layer]!, 0) / edges.length,
  );
  return edges.map((edge) => ({ ...edge, layerMs }));
}
