/**
 * What links really are, beside what the testbed asks for: measured between each edge and the gateway,
 * and between the nodes of every pair that has a link of its own.
 */
import { once } from 'node:events';
import { posix } from 'node:path';
import { createInterface } from 'node:readline';
import { TilebedError } from '../../runtime/errors.ts';
import { type LinkMeasurement, MAX_PROBE_BYTES } from '../../runtime/link-probe.ts';
import type { RelayAccess } from '../../runtime/relay/config.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { LinkFacts } from '../results/format.ts';
import type { Testbed } from '../spec/resolved.ts';
import type { Bundle } from './bundle.ts';
import { runtimeFolder } from './deploy.ts';
import { expectedWay, isShaped } from './link-plan.ts';
import { isChanged } from './shape.ts';

/** A stream at the rate that is asked for takes so long each way. */
const STREAM_SECONDS = 0.6;
const SMALLEST_STREAM_BYTES = 2 ** 18;
/** For links without a rate. */
const DEFAULT_RATE = 1e9;

export interface MeasureOptions {
  readonly signal: AbortSignal;
  /** How a node reaches the relay, where the testbed has one. */
  readonly accessOf?: (node: string) => RelayAccess | undefined;
}

/** A way that is measured; `from` connects to `to`. */
interface Way {
  readonly from: ProvisionedNode;
  readonly to: ProvisionedNode;
}

/**
 * By edge, for its way to the gateway, and as `edge0-edge1` for the way of a pair; empty where no link is
 * shaped. The runtime must have been deployed. Rejects with a TilebedError (FAILED) when a node cannot
 * reach the other.
 */
export async function measureLinks(
  testbed: Pick<Testbed, 'nodes' | 'pairs' | 'medium' | 'changedLinks'>,
  nodes: readonly ProvisionedNode[],
  bundle: Bundle,
  options: MeasureOptions,
): Promise<Readonly<Record<string, LinkFacts>>> {
  const facts: Record<string, LinkFacts> = {};
  const ways = waysOf(testbed, nodes);
  // One after another: together they would measure each other.
  for (const to of new Set(ways.map((way) => way.to))) {
    await using server = await serveProbes(to, bundle);
    for (const { from } of ways.filter((way) => way.to === to)) {
      const expected = expectedWay(testbed, from.spec.name, to.spec.name);
      const bytes = streamBytes(expected.rateBitsPerSecond ?? DEFAULT_RATE);
      const measured = await measureWay(from, to, server.port, bytes, bundle, options);
      const isGateway = to.spec.role === 'gateway';
      const key = isGateway ? from.spec.name : `${from.spec.name}-${to.spec.name}`;
      facts[key] = {
        asked: from.spec.link ?? {},
        to: to.spec.name,
        expected,
        measured,
        ...(isChanged(testbed, from.spec.name, to.spec.name) ? { changed: true } : {}),
      };
    }
  }
  return facts;
}

function waysOf(
  testbed: Pick<Testbed, 'nodes' | 'pairs' | 'medium'>,
  nodes: readonly ProvisionedNode[],
): readonly Way[] {
  const named = (name: string) => nodes.find(({ spec }) => spec.name === name)!;
  const gateway = nodes.find(({ spec }) => spec.role === 'gateway')!;
  const edges = nodes.filter(({ spec }) => spec.role === 'edge');
  const toGateway = edges
    .filter(({ spec }) => isShaped(testbed, spec.name, gateway.spec.name))
    .map((from) => ({ from, to: gateway }));
  const pairs = (testbed.pairs ?? [])
    .map(({ between: [from, to] }) => ({ from: named(from), to: named(to) }))
    // The gateway's ways are measured already.
    .filter(({ from, to }) => from !== gateway && to !== gateway);
  return [...toGateway, ...pairs];
}

async function serveProbes(node: ProvisionedNode, bundle: Bundle) {
  const { transport, address, spec } = node;
  const server = await transport.spawn([...probeCommand(node, bundle), address]);
  const lines = createInterface({ input: server.stdout });
  const [port] = (await Promise.race([once(lines, 'line'), server.exited.then(() => [])])) as [
    string?,
  ];
  if (port === undefined) throw new TilebedError('FAILED', `${spec.name} cannot serve probes`);
  return { port, [Symbol.asyncDispose]: () => server.kill('SIGKILL') };
}

async function measureWay(
  from: ProvisionedNode,
  to: ProvisionedNode,
  port: string,
  bytes: number,
  bundle: Bundle,
  { signal, accessOf }: MeasureOptions,
): Promise<LinkMeasurement> {
  const { name } = from.spec;
  const argv = [...probeCommand(from, bundle), to.address, port, String(bytes)];
  const access = accessOf?.(name);
  const { exitCode, stdout, stderr } = await from.transport.exec(argv, {
    signal,
    ...(access === undefined ? {} : { input: JSON.stringify(access) }),
  });
  if (exitCode !== 0) throw new TilebedError('FAILED', `${name}: ${stderr}`, { node: name });
  return JSON.parse(stdout) as LinkMeasurement;
}

function probeCommand(node: ProvisionedNode, bundle: Bundle): readonly string[] {
  return [node.node, posix.join(runtimeFolder(node, bundle), 'main.js'), 'link'];
}

function streamBytes(rateBitsPerSecond: number): number {
  const bytes = Math.round((rateBitsPerSecond / 8) * STREAM_SECONDS);
  return Math.min(MAX_PROBE_BYTES, Math.max(SMALLEST_STREAM_BYTES, bytes));
}
