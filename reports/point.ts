/** Points of an experiment's matrix: which trials share one, their order, and their names. */
import type { Parameters } from '../harness/results/format.ts';
import {
  STRATEGIES,
  type StrategyAxis,
  type StrategyName,
  usesAxis,
} from '../runtime/schedule/strategies.ts';

/** In which order a name tells them; parameters of later versions come behind. */
const ORDER: readonly string[] = [
  'edges',
  'grid',
  'fusedLayers',
  'strategy',
  'reuse',
  'order',
  'align',
  'precision',
  'sources',
  'rate',
];
/** What some strategies ignore: `local` has no grid. */
const AXES: ReadonlySet<string> = new Set<StrategyAxis>([
  'edges',
  'grid',
  'reuse',
  'order',
  'align',
]);

/** Equal of equal parameters, whatever the order of their keys. */
export function pointKey(parameters: Parameters): string {
  return JSON.stringify(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** By edges, grid, fused layers, strategy, then its choices: the order of a table's rows. */
export function comparePoints(a: Parameters, b: Parameters): number {
  return (
    a.edges - b.edges ||
    naturally(a.grid, b.grid) ||
    a.fusedLayers - b.fusedLayers ||
    naturally(a.strategy, b.strategy) ||
    Number(a.reuse) - Number(b.reuse) ||
    naturally(a.order ?? '', b.order ?? '') ||
    naturally(a.align ?? '', b.align ?? '') ||
    naturally(a.precision ?? '', b.precision ?? '') ||
    (a.sources ?? 1) - (b.sources ?? 1) ||
    rateRank(a) - rateRank(b) ||
    naturally(a.rate ?? '', b.rate ?? '')
  );
}

/** Back to back first, said or not, then fixed rates, then random ones. */
function rateRank({ rate = 'back-to-back' }: Parameters): number {
  if (rate === 'back-to-back') return 0;
  return String(rate).startsWith('poisson') ? 2 : 1;
}

/** A point in words: `2 edges, 5x5, 16 fused, deepthings, reuse`. */
export function pointName(parameters: Parameters): string {
  return tellingEntries(parameters)
    .map(([key, value]) => words(key, value))
    .join(', ');
}

export interface PointNames {
  /** What tells each point from the others, in the order given. */
  readonly names: readonly string[];
  /** What all of them share; empty where nothing is. */
  readonly shared: string;
}

/**
 * Short names for points that stand side by side: what is the same of all is said once. A parameter that
 * some strategies ignore tells nothing where all others agree on it: their strategies tell them apart.
 * `without` is a parameter that is told elsewhere.
 */
export function pointNames(points: readonly Parameters[], without?: string): PointNames {
  const entries = points.map((point) => tellingEntries(point).filter(([key]) => key !== without));
  const byKey = entries.map((entry) => new Map(entry));
  const keys = new Set(entries.flat().map(([key]) => key));
  const valuesOf = (key: string) =>
    new Set(
      byKey.filter((point) => !AXES.has(key) || point.has(key)).map((point) => point.get(key)),
    );
  const differing = new Set([...keys].filter((key) => valuesOf(key).size > 1));
  const listed = (point: readonly [string, unknown][], wanted: (key: string) => boolean) =>
    point
      .filter(([key]) => wanted(key))
      .map(([key, value]) => words(key, value))
      .join(', ');
  const ofAll = (key: string) => byKey.every((point) => point.has(key));
  const common = new Map(entries.flat().filter(([key]) => !differing.has(key)));
  const inOrder = tellingOrder([...common]);
  const shared = [
    listed(inOrder, ofAll),
    listed(inOrder, (key) => !ofAll(key)).replace(/^(?=.)/, 'where it counts '),
  ];
  return {
    names: entries.map(
      (entry) => listed(entry, (key) => differing.has(key)) || listed(entry, () => true),
    ),
    shared: points.length < 2 ? '' : shared.filter((part) => part !== '').join(', '),
  };
}

/** Parameters that make a difference to the point's strategy. */
function tellingEntries(parameters: Parameters): [string, unknown][] {
  return tellingOrder(Object.entries(parameters).filter(([key]) => !ignoresAxis(parameters, key)));
}

/** Whether another value of the parameter would make no difference to the point's strategy. */
export function ignoresAxis({ strategy, reuse }: Parameters, key: string): boolean {
  return (
    AXES.has(key) &&
    Object.hasOwn(STRATEGIES, strategy) &&
    !usesAxis({ name: strategy as StrategyName, reuse }, key as StrategyAxis)
  );
}

function tellingOrder(entries: readonly [string, unknown][]): [string, unknown][] {
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return entries.toSorted(([a], [b]) => rank(a) - rank(b));
}

function words(key: string, value: unknown): string {
  switch (key) {
    case 'edges':
      return value === 1 ? '1 edge' : `${value} edges`;
    case 'grid':
    case 'strategy':
    case 'order':
    case 'precision':
    case 'rate':
      return String(value);
    case 'fusedLayers':
      return `${value} fused`;
    case 'reuse':
      return value === true ? 'reuse' : 'no reuse';
    case 'sources':
      return value === 1 ? '1 source' : `${value} sources`;
    case 'align':
      return `aligned ${value}`;
    default:
      return `${key} ${value}`;
  }
}

/** Numbers in names by their size: 3x3 before 10x10. */
function naturally(a: string, b: string): number {
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
