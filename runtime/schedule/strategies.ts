/**
 * The strategies, one row each: how their work is dealt, and which axes of an experiment's matrix make a
 * difference to them. Everything that lists strategies, from the schema to the reports, reads this table.
 */

/** In which order the tiles of a frame are taken where halos are reused (reuse-order.ts). */
export const ORDERS = ['checkerboard', 'least-overlap'] as const;
export type Order = (typeof ORDERS)[number];

/** How strips are cut over layers: anew at every layer, or following the last layer's cuts back. */
export const ALIGNMENTS = ['per-layer', 'output'] as const;
export type Alignment = (typeof ALIGNMENTS)[number];

/** An axis that some strategies ignore; fused layers count for all of them. */
export type StrategyAxis = 'edges' | 'grid' | 'reuse' | 'order' | 'align';

interface StrategyRow {
  /** `stealing`: sources queue tiles and idle edges take them. `dealt`: the gateway hands out every frame's parts. */
  readonly dealing: 'stealing' | 'dealt';
  readonly uses: readonly StrategyAxis[];
  readonly says: string;
}

export const STRATEGIES = {
  local: {
    dealing: 'stealing',
    uses: [],
    says: 'no distribution: the source computes the fused layers in one piece',
  },
  'ftp-wst': {
    dealing: 'stealing',
    uses: ['edges', 'grid'],
    says: 'fused tiles, work stealing, every halo computed anew',
  },
  deepthings: {
    dealing: 'stealing',
    uses: ['edges', 'grid', 'reuse', 'order'],
    says: "fused tiles, work stealing, neighbours' halos reused; with `reuse: false` it is `ftp-wst`",
  },
  'ftp-wsh': {
    dealing: 'dealt',
    uses: ['edges', 'grid'],
    says: 'fused tiles, work sharing: frames go to the gateway, which deals tiles out evenly',
  },
  modnn: {
    dealing: 'dealt',
    uses: ['edges', 'align'],
    says: 'strips in proportion to speed, layer by layer through the gateway (BODP-MR)',
  },
  neighbour: {
    dealing: 'dealt',
    uses: ['edges'],
    says: 'strips in proportion to speed that stay where they are; halos go from neighbour to neighbour',
  },
  adaptive: {
    dealing: 'dealt',
    uses: ['edges'],
    says: 'stages, shares and shapes by measured speeds and links, and by what changes while it runs',
  },
} as const satisfies Readonly<Record<string, StrategyRow>>;

export type StrategyName = keyof typeof STRATEGIES;
export const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly StrategyName[];

/** What nodes are told: a strategy's name, and a value for every choice, whether it has it or not. */
export interface Strategy {
  readonly name: StrategyName;
  readonly reuse: boolean;
  readonly order: Order;
  readonly align: Alignment;
}

/** Where there is nobody to share with, the best plan is known: the network in one piece. */
export function strategyOn(edges: number, strategy: Strategy): Strategy {
  return strategy.name === 'adaptive' && edges === 1 ? { ...strategy, name: 'local' } : strategy;
}

/** Whether another value of the axis makes another trial. Without reuse there is no order to choose. */
export function usesAxis({ name, reuse }: Pick<Strategy, 'name' | 'reuse'>, axis: StrategyAxis) {
  const uses: readonly StrategyAxis[] = STRATEGIES[name].uses;
  return uses.includes(axis) && (axis !== 'order' || reuse);
}
