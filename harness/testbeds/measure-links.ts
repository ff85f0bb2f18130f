/** What links really are, beside what the testbed asks for: measured between each edge and the gateway. */
import { once } from 'node:events';
import { posix } from 'node:path';
import { createInterface } from 'node:readline';
import { TilebedError } from '../../runtime/errors.ts';
import { type LinkMeasurement, MAX_PROBE_BYTES } from '../../runtime/link-probe.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { LinkFacts } from '../results/format.ts';
import type { Link } from '../spec/resolved.ts';
import type { Bundle } from './bundle.ts';
import { runtimeFolder } from './deploy.ts';

/** A stream at the rate that is asked for takes so long each way. */
const STREAM_SECONDS = 0.6;
const SMALLEST_STREAM_BYTES = 2 ** 18;
/** For links without a rate. */
const DEFAULT_RATE = 1e9;

/**
 * By edge; empty where no link is shaped. The runtime must have been deployed. Rejects with a
 * TilebedError (FAILED) when an edge cannot reach the gateway.
 */
export async function measureLinks(
  nodes: readonly ProvisionedNode[],
  bundle: Bundle,
  signal: AbortSignal,
): Promise<Readonly<Record<string, LinkFacts>>> {
  const gateway = nodes.find(({ spec }) => spec.role === 'gateway')!;
  const shaped = nodes.filter(
    ({ spec }) => spec.role === 'edge' && (spec.link ?? gateway.spec.link) !== undefined,
  );
  if (shaped.length === 0) return {};
  const server = await gateway.transport.spawn([...probeCommand(gateway, bundle), gateway.address]);
  try {
    const lines = createInterface({ input: server.stdout });
    const [port] = (await Promise.race([once(lines, 'line'), server.exited.then(() => [])])) as [
      string?,
    ];
    if (port === undefined) throw new TilebedError('FAILED', 'the gateway cannot serve probes');
    const facts: Record<string, LinkFacts> = {};
    // One after another: together they would measure each other.
    for (const edge of shaped) {
      const asked = edge.spec.link ?? {};
      const bytes = String(streamBytes(asked, gateway.spec.link ?? {}));
      const argv = [...probeCommand(edge, bundle), gateway.address, port, bytes];
      const { exitCode, stdout, stderr } = await edge.transport.exec(argv, { signal });
      const { name } = edge.spec;
      if (exitCode !== 0) throw new TilebedError('FAILED', `${name}: ${stderr}`, { node: name });
      facts[name] = { asked, measured: JSON.parse(stdout) as LinkMeasurement };
    }
    return facts;
  } finally {
    await server.kill('SIGKILL');
  }
}

function probeCommand(node: ProvisionedNode, bundle: Bundle): readonly string[] {
  return [node.node, posix.join(runtimeFolder(node, bundle), 'main.js'), 'link'];
}

function streamBytes(...links: readonly Link[]): number {
  const rate = Math.min(...links.map(({ rateBitsPerSecond = DEFAULT_RATE }) => rateBitsPerSecond));
  const bytes = Math.round((rate / 8) * STREAM_SECONDS);
  return Math.min(MAX_PROBE_BYTES, Math.max(SMALLEST_STREAM_BYTES, bytes));
}
