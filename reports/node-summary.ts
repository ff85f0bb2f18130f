/** A point's figures node by node, and the order in which nodes are shown. */
import type { TrialRecord } from '../harness/results/format.ts';
import { median } from '../runtime/quantiles.ts';
import type { NodeStatistics } from '../runtime/roles/events.ts';
import { groupBy } from './group.ts';
import { type QueueSummary, summarizeQueues } from './queue.ts';

/** Medians over the repetitions in which the node lived to report. */
export interface NodeSummary {
  readonly node: string;
  readonly role: NodeStatistics['role'];
  readonly count: number;
  readonly processPeakBytes: number;
  readonly engineBytes: number;
  readonly cpuSeconds: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly tilesComputed: number;
  /** Those of `tilesComputed` that belong to another edge's frame. */
  readonly tilesStolen: number;
  readonly tilesReissued: number;
  /** In the engine, for these tiles. */
  readonly computeMs: number;
  readonly multiplyAccumulates: number;
  /** Neighbours' values that were used rather than computed, and those that came from other edges. */
  readonly haloBytesReused: number;
  readonly haloBytesReceived: number;
  /** Of a source whose frames come at a rate. */
  readonly queue?: QueueSummary;
}

/** In the order of `compareNodes`. */
export function summarizeNodes(trials: readonly TrialRecord[], seed: number): NodeSummary[] {
  const reported = trials.flatMap(({ nodes }) => Object.entries(nodes));
  return [...groupBy(reported, ([node]) => node)]
    .map(([node, list]) =>
      summarizeNode(
        node,
        list.map(([, statistics]) => statistics),
        seed,
      ),
    )
    .sort(compareNodes);
}

function summarizeNode(node: string, list: readonly NodeStatistics[], seed: number): NodeSummary {
  // Records of earlier versions lack what later ones count.
  const medianOf = (
    field: Exclude<keyof NodeStatistics, 'role' | 'sentByKind' | 'queue' | 'thermal'>,
  ) => median(list.map((statistics) => statistics[field] ?? 0));
  return {
    node,
    role: list[0]!.role,
    count: list.length,
    processPeakBytes: medianOf('peakRssBytes'),
    engineBytes: medianOf('engineBytes'),
    cpuSeconds: medianOf('cpuSeconds'),
    bytesSent: medianOf('bytesSent'),
    bytesReceived: medianOf('bytesReceived'),
    tilesComputed: medianOf('tilesComputed'),
    tilesStolen: medianOf('tilesStolen'),
    tilesReissued: medianOf('tilesReissued'),
    computeMs: medianOf('computeMs'),
    multiplyAccumulates: medianOf('multiplyAccumulates'),
    haloBytesReused: medianOf('haloBytesReused'),
    haloBytesReceived: medianOf('haloBytesReceived'),
    ...summarizeQueues(
      list.map(({ queue }) => (queue === undefined ? [] : [queue])),
      seed,
    ),
  };
}

/** The gateway first, then edges by name, numbers in names by their size, and the host last. */
export function compareNodes(
  a: { readonly node: string; readonly role?: string },
  b: { readonly node: string; readonly role?: string },
): number {
  const rank = (role = 'edge') => ['gateway', 'edge', 'host'].indexOf(role);
  return rank(a.role) - rank(b.role) || a.node.localeCompare(b.node, 'en', { numeric: true });
}
