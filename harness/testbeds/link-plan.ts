/**
 * Who keeps what of a testbed's links, and what a way between two nodes should be. The kernel shapes
 * nodes' own links as far as the provider can; the relay does the rest, and all that lies between nodes.
 */
import type { RelayConfig } from '../../runtime/relay/config.ts';
import type { Capability } from '../providers/provider.ts';
import type { LinkExpectation } from '../results/format.ts';
import type { Link, Testbed } from '../spec/resolved.ts';

type ShapedTestbed = Pick<Testbed, 'nodes' | 'pairs' | 'medium'>;

/** What is left to a relay. */
export type RelayedLinks = Pick<RelayConfig, 'pairs' | 'medium'> & {
  /** By node. */
  readonly nodes: Readonly<Record<string, Link>>;
};

/**
 * Undefined where the kernel keeps everything.
 *
 * @param ableOf what the provider of a node itself can do
 */
export function relayedLinks(
  { nodes, pairs = [], medium }: ShapedTestbed,
  ableOf: (node: string) => ReadonlySet<Capability>,
): RelayedLinks | undefined {
  const left = nodes
    .map(({ name, link }): [string, Link] => [name, leftOver(link ?? {}, ableOf(name))])
    .filter(([, link]) => Object.keys(link).length > 0);
  if (left.length === 0 && pairs.length === 0 && medium === undefined) return undefined;
  return {
    nodes: Object.fromEntries(left),
    pairs,
    ...(medium === undefined ? {} : { medium }),
  };
}

function leftOver({ rateBitsPerSecond, ...rest }: Link, able: ReadonlySet<Capability>): Link {
  return {
    ...(rateBitsPerSecond === undefined || able.has('shape') ? {} : { rateBitsPerSecond }),
    ...(able.has('delay') ? {} : rest),
  };
}

/** Whether anything at all is asked of the way between two nodes. */
export function isShaped(testbed: ShapedTestbed, a: string, b: string): boolean {
  return parts(testbed, a, b).length > 0 || parts(testbed, b, a).length > 0;
}

/** What the whole way from one node to another should be: its parts together. */
export function expectedWay(testbed: ShapedTestbed, from: string, to: string): LinkExpectation {
  const there = parts(testbed, from, to);
  const back = parts(testbed, to, from);
  const slowest = Math.min(
    ...[...there, ...back].map(
      ({ rateBitsPerSecond = Number.POSITIVE_INFINITY }) => rateBitsPerSecond,
    ),
  );
  return {
    roundTripMs: [...there, ...back].reduce((sum, { delayMs = 0 }) => sum + delayMs, 0),
    ...(Number.isFinite(slowest) ? { rateBitsPerSecond: slowest } : {}),
  };
}

/** The sender's own link, and what lies between the two. */
function parts({ nodes, pairs = [], medium }: ShapedTestbed, from: string, to: string): Link[] {
  const own = nodes.find(({ name }) => name === from)?.link;
  const pair = pairs.find(({ between }) => between.includes(from) && between.includes(to))?.link;
  return [own, pair, medium].filter((link) => link !== undefined);
}
