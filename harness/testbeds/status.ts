/** How a testbed is: its nodes, their addresses and limits, and whether each answers. */
import { posix } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { Probe } from '../../runtime/probe.ts';
import type { RoleEvent } from '../../runtime/roles/events.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { Testbed } from '../spec/resolved.ts';
import type { Transport } from '../transports/transport.ts';
import { type Bundle, findBundle } from './bundle.ts';
import { isDeployed, runtimeFolder } from './deploy.ts';
import { nodesOf } from './open.ts';
import { isMixed, partsOf, providerOf, providersText } from './parts.ts';
import { readState, stateFolder, testbedHash } from './state.ts';

export type Health =
  | { readonly kind: 'down' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'up' }
  | { readonly kind: 'ready'; readonly probe: Probe };

export interface NodeStatus {
  readonly name: string;
  readonly role: 'gateway' | 'edge';
  /** Of a testbed with nodes of several. */
  readonly provider?: string;
  readonly testbedAddress: string;
  readonly address: string;
  readonly cpus?: readonly number[];
  readonly cpuQuota?: number;
  readonly memoryBytes?: number;
  /** `up` without the runtime, `ready` with it. */
  readonly health: Health;
}

export interface TestbedStatus {
  readonly name: string;
  readonly provider: string;
  readonly status: 'down' | 'coming-up' | 'up';
  /** The testbed's file was changed since it came up. */
  readonly outdated: boolean;
  readonly addressNote?: string;
  readonly runtime: string;
  readonly nodes: readonly NodeStatus[];
}

export async function testbedStatus(testbed: Testbed): Promise<TestbedStatus> {
  const state = await readState(stateFolder(testbed));
  const bundle = await findBundle();
  const nodes = await nodesOf(testbed);
  const notes = partsOf(testbed).flatMap(({ provider }) => provider.addressNote ?? []);
  return {
    name: testbed.name,
    provider: providersText(testbed),
    status: state?.status ?? 'down',
    outdated: state !== undefined && state.hash !== testbedHash(testbed),
    ...(notes.length === 0 ? {} : { addressNote: notes.join('; ') }),
    runtime: bundle.hash,
    nodes: await Promise.all(
      nodes.map(async (node) => ({
        ...describe(node),
        ...(isMixed(testbed) ? { provider: providerOf(testbed, node.spec) } : {}),
        health: state === undefined ? ({ kind: 'down' } as const) : await health(node, bundle),
      })),
    ),
  };
}

function describe({ spec, address }: ProvisionedNode) {
  const { name, role, cpus, cpuQuota, memoryBytes } = spec;
  return {
    name,
    role,
    testbedAddress: spec.address,
    address,
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

async function health(node: ProvisionedNode, bundle: Bundle): Promise<Health> {
  const { exitCode, stderr } = await node.transport
    .exec(['test', '-d', node.folder])
    .catch((error: unknown) => {
      // A machine that does not answer is a finding, and the others are told of too.
      if (!(error instanceof TilebedError)) throw error;
      return { exitCode: undefined, stderr: error.message };
    });
  if (exitCode !== 0) {
    const reason = stderr.trim();
    return { kind: 'unreachable', reason: reason === '' ? `${node.folder} is missing` : reason };
  }
  if (!(await isDeployed(node, bundle))) return { kind: 'up' };
  return { kind: 'ready', probe: await probeNode(node, bundle) };
}

/**
 * What the node is, by the runtime that lies on it.
 *
 * @param engine tried on the node as well; rejects with a TilebedError (MISSING) where it does not compute
 */
export async function probeNode(
  node: ProvisionedNode,
  bundle: Bundle,
  engine?: string,
): Promise<Probe> {
  const main = posix.join(runtimeFolder(node, bundle), 'main.js');
  const { spec, transport, node: executable } = node;
  return probeRuntime({ name: spec.name, transport, node: executable, main }, engine);
}

/** A runtime, wherever it lies. */
export interface RuntimeSite {
  readonly name: string;
  readonly transport: Transport;
  /** The Node.js executable there. */
  readonly node: string;
  /** Path of the runtime's entry. */
  readonly main: string;
}

/** The same of a runtime that lies elsewhere than on a node. */
export async function probeRuntime(
  { name, transport, node, main }: RuntimeSite,
  engine?: string,
): Promise<Probe> {
  const argv = [node, main, 'probe', ...(engine === undefined ? [] : [engine])];
  const { exitCode, stdout, stderr } = await transport.exec(argv);
  if (exitCode === 0) return JSON.parse(stdout) as Probe;
  throw probeError(name, stdout, stderr);
}

function probeError(node: string, stdout: string, stderr: string): TilebedError {
  try {
    const { code, message, hint } = JSON.parse(stdout) as Extract<RoleEvent, { event: 'error' }>;
    const known = code === 'MISSING' || code === 'INPUT' ? code : 'FAILED';
    return new TilebedError(known, message, { node, ...(hint === undefined ? {} : { hint }) });
  } catch {
    return new TilebedError('FAILED', `cannot probe ${node}: ${stderr.trim()}`, { node });
  }
}
