/**
 * Predicted beside measured, node by node: what a node's operations would take at the best speed that
 * nodes of its kind had at any point, and how much of its link its bytes need.
 */
import type { Manifest } from '../harness/results/format.ts';
import type { NodeSummary } from './node-summary.ts';
import { significant } from './numbers.ts';
import type { PointSummary } from './summary.ts';

export interface NodePrediction {
  readonly node: string;
  /** In the engine; undefined of a node that computed no tile. */
  readonly computeMs?: { readonly predicted: number; readonly measured: number };
  /** Bytes sent over what its link could have carried, 0 to 1; undefined where no link was measured. */
  readonly linkUse?: number;
}

/** Multiply-accumulates a millisecond, by kind of node: the best that any had at any point. */
export type BestSpeeds = ReadonlyMap<string, number>;

export function bestSpeeds(points: readonly PointSummary[], manifest: Manifest): BestSpeeds {
  const best = new Map<string, number>();
  for (const node of points.flatMap(({ nodes }) => nodes)) {
    const { multiplyAccumulates, computeMs } = node;
    if (computeMs <= 0 || multiplyAccumulates <= 0) continue;
    const kind = kindOf(node, manifest);
    best.set(kind, Math.max(best.get(kind) ?? 0, multiplyAccumulates / computeMs));
  }
  return best;
}

export function predictionsOf(
  point: PointSummary,
  speeds: BestSpeeds,
  manifest: Manifest,
): NodePrediction[] {
  return point.nodes
    .filter(({ role }) => role !== 'host')
    .map((node) => {
      const speed = speeds.get(kindOf(node, manifest));
      const { computeMs: measured, multiplyAccumulates } = node;
      const known = speed !== undefined && multiplyAccumulates > 0 && measured > 0;
      return {
        node: node.node,
        ...(known ? { computeMs: { predicted: multiplyAccumulates / speed, measured } } : {}),
        ...linkUse(node, point, manifest),
      };
    });
}

/** What tells most of why a point is slower than its operations; undefined where nothing is far off. */
export function largestDeviation(predictions: readonly NodePrediction[]): string | undefined {
  const [worst] = predictions
    .flatMap(({ node, computeMs }) =>
      computeMs === undefined ? [] : [{ node, ratio: computeMs.measured / computeMs.predicted }],
    )
    .sort((a, b) => b.ratio - a.ratio);
  const [fullest] = predictions
    .flatMap(({ node, linkUse: share = 0 }) => [{ node, share }])
    .sort((a, b) => b.share - a.share);
  const sentences = [
    ...(worst !== undefined && worst.ratio > 1.05
      ? [
          `The largest deviation: ${worst.node} computed ${significant(worst.ratio)} times as long as its operations would take at its best.`,
        ]
      : []),
    ...(fullest !== undefined && fullest.share > 0.5
      ? [
          `The link of ${fullest.node} was in use for ${significant(100 * fullest.share)} % of the time.`,
        ]
      : []),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function kindOf({ node }: NodeSummary, { emulation, nodes }: Manifest): string {
  const facts = nodes[node];
  return [emulation?.[node]?.device, facts?.cpuModel, facts?.cpus.length].join(' ');
}

function linkUse(
  { node, bytesSent, bytesReceived }: NodeSummary,
  { makespanMs }: PointSummary,
  { links = {} }: Manifest,
): Pick<NodePrediction, 'linkUse'> {
  const link = links[node];
  if (link === undefined || makespanMs === undefined) return {};
  const { sendBitsPerSecond, receiveBitsPerSecond } = link.measured;
  // Either direction has the rate for itself: the fuller one tells.
  const share = (bytes: number, rate: number) => (8000 * bytes) / (rate * makespanMs.median);
  return {
    linkUse: Math.max(
      share(bytesSent, sendBitsPerSecond),
      share(bytesReceived, receiveBitsPerSecond),
    ),
  };
}
