/**
 * What a tile leaves for its neighbours: generously where halos stay with the edge that computed them,
 * and no more than is needed where each of them is sent to the gateway.
 */
import type { HaloTransfer } from '../schedule/transfer.ts';
import type { WindowLayer } from './ftp.ts';
import { type Side, type Sides, tilesBeside } from './neighbours.ts';
import type { FusedPlan, TilePlan } from './plan.ts';
import { contains } from './region.ts';
import { type Halo, planReuse, publishedHalos, type ReusePlan } from './reuse.ts';

/**
 * The halos of a tile that is computed by a plan, for neighbours behind those of its sides where one is
 * still to come.
 */
export type LeavingRule = (tile: number, plan: ReusePlan, sides: Sides) => readonly Halo[];

/** From a tile to the one beside it, and back. */
const WAYS = [
  ['left', 'right'],
  ['right', 'left'],
  ['top', 'bottom'],
  ['bottom', 'top'],
] as const satisfies readonly (readonly [Side, Side])[];
const ALL_SIDES: Sides = { left: true, right: true, top: true, bottom: true };

/** @param layers the fused ones, from the network's first; none where they are computed in one piece */
export function leavingRule(
  transfer: HaloTransfer,
  layers: readonly WindowLayer[],
  plan: FusedPlan,
): LeavingRule {
  return transfer === 'gateway' ? leaveNeeded(layers, plan) : leaveStrips(layers);
}

/** Strips as wide as the tile, which serve a neighbour whatever other neighbours that has. */
export function leaveStrips(layers: readonly WindowLayer[]): LeavingRule {
  return (tile, plan, sides) => publishedHalos(layers, tile, plan, sides);
}

/**
 * Only tiles of the checkerboard's first colour leave anything, and no more than a neighbour uses that
 * has halos of all the tiles beside it: as in DeepThings (Zhao et al., TCAD 2018, section IV-C). A
 * neighbour that comes before one of these can use little of it.
 */
export function leaveNeeded(layers: readonly WindowLayer[], plan: FusedPlan): LeavingRule {
  const needed = neededOf(layers, plan);
  return (tile, reuse, sides) => {
    const made = publishedHalos(layers, tile, reuse, sides);
    const isMade = ({ layer, region }: Halo) =>
      made.some((strip) => strip.layer === layer && contains(strip.region, region));
    return (needed.get(tile) ?? [])
      .filter(({ side, halo }) => sides[side] && isMade(halo))
      .map(({ halo }) => halo);
  };
}

interface Needed {
  /** Of the tile that leaves it: where the neighbour lies that uses it. */
  readonly side: Side;
  readonly halo: Halo;
}

/** By tile that leaves something. */
function neededOf(
  layers: readonly WindowLayer[],
  { grid, tiles }: FusedPlan,
): ReadonlyMap<number, readonly Needed[]> {
  const isFirst = ({ row, column }: TilePlan) => (row + column) % 2 === 0;
  const strips = tiles.map((tile) =>
    isFirst(tile)
      ? publishedHalos(layers, tile.index, planReuse(layers, tile.output, []), ALL_SIDES)
      : [],
  );
  const needed = new Map(tiles.map(({ index }) => [index, [] as Needed[]]));
  for (const tile of tiles) {
    if (isFirst(tile)) continue;
    const beside = tilesBeside(grid, tile.index);
    const given = WAYS.flatMap(([to]) => strips[beside[to] ?? tile.index]!);
    const { halos } = planReuse(layers, tile.output, given);
    for (const [to, back] of WAYS) {
      const giver = beside[to];
      if (giver === undefined) continue;
      const own = halos.filter((halo) => halo.tile === giver);
      needed.get(giver)!.push(...own.map((halo) => ({ side: back, halo })));
    }
  }
  return needed;
}
