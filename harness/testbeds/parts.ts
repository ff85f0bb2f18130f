/**
 * A testbed with nodes of several providers falls into parts, one a provider, each with a state folder of
 * its own below the testbed's: to its provider a part is a testbed like any other.
 */
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { Capability, Provider, ProviderContext } from '../providers/provider.ts';
import { providerNamed } from '../providers/registry.ts';
import { addressFault, overlap, parseAddress, subnetOf } from '../spec/addresses.ts';
import type { ProviderName, Testbed, TestbedNode } from '../spec/resolved.ts';
import { stateFolder } from './state.ts';

export interface TestbedPart {
  readonly provider: Provider;
  readonly context: ProviderContext;
}

const BETWEEN_NAMES = '+';

export function providerOf({ provider }: Testbed, node: TestbedNode): ProviderName {
  return node.provider ?? provider;
}

/** Such as `local`, or `netns+local`: in the order of the nodes. */
export function providersText(testbed: Testbed): string {
  return [...new Set(testbed.nodes.map((node) => providerOf(testbed, node)))].join(BETWEEN_NAMES);
}

/** Throws a TilebedError (MISSING) for a provider that this version does not have. */
export function partsOf(testbed: Testbed): readonly TestbedPart[] {
  return partsFor(testbed, providersText(testbed));
}

/** @param providers as `providersText` writes them: of a testbed that was up before its file changed */
export function partsFor(testbed: Testbed, providers: string): readonly TestbedPart[] {
  const names = providers.split(BETWEEN_NAMES) as ProviderName[];
  const folder = stateFolder(testbed);
  return names.map((name) => {
    const provider = providerNamed(name);
    if (names.length === 1) {
      const whole = name === testbed.provider ? testbed : partTestbed(testbed, name);
      return { provider, context: { testbed: whole, stateFolder: folder } };
    }
    const context = {
      testbed: partTestbed(testbed, name),
      stateFolder: join(folder, 'parts', name),
    };
    return { provider, context };
  });
}

export function isMixed(testbed: Testbed): boolean {
  return providersText(testbed).includes(BETWEEN_NAMES);
}

/** What each node's provider can do; for a part that was asked once. */
export async function capabilitiesByNode(
  testbed: Testbed,
): Promise<ReadonlyMap<string, ReadonlySet<Capability>>> {
  const able = new Map<string, ReadonlySet<Capability>>();
  for (const { provider, context } of partsOf(testbed)) {
    const can = await provider.capabilities(context.testbed);
    for (const { name } of context.testbed.nodes) able.set(name, can);
  }
  return able;
}

/**
 * Where the relay listens for the nodes of each provider; undefined where one of them cannot reach this
 * machine. Throws a TilebedError where the nodes of several providers could not meet: MISSING where some
 * do not reach this machine, INPUT where two of them would make the same network.
 */
export function relayAddresses(testbed: Testbed): ReadonlyMap<string, string> | undefined {
  const addresses = new Map<string, string>();
  const parts = partsOf(testbed);
  for (const { provider, context } of parts) {
    const address = provider.relayAddress?.(context);
    if (address !== undefined) addresses.set(provider.name, address);
    else if (isMixed(testbed)) throw unreachable(provider, context);
    else return undefined;
  }
  checkNetworks(
    parts.map(({ provider: { name }, context: { testbed: part } }) => ({
      name,
      subnet: part.subnet,
      address: addresses.get(name)!,
    })),
  );
  return addresses;
}

function unreachable({ name }: Provider, { testbed }: ProviderContext): TilebedError {
  const message = `nodes of ${name} and of other providers cannot reach each other here`;
  const own = `nodes of several providers meet at this machine, which has no address in ${testbed.subnet}, the network of ${name}`;
  const hint =
    name === 'vagrant'
      ? 'nodes of several providers meet at this machine, which VirtualBox’s networks do not reach: use `hypervisor: libvirt`'
      : `${own}: give it one there`;
  return new TilebedError('MISSING', message, { hint });
}

interface PartNetwork {
  readonly name: string;
  readonly subnet: string;
  /** Of this machine, for the nodes of that part. */
  readonly address: string;
}

/** Two networks of one subnet on one machine: it would reach only one of them. */
function checkNetworks(networks: readonly PartNetwork[]): void {
  // Others, such as loopback, are no networks of their own.
  const own = networks.filter(
    ({ address, subnet }) =>
      addressFault(parseAddress(address) ?? 0, subnetOf(subnet)) === undefined,
  );
  for (const [index, a] of own.entries()) {
    const b = own.slice(index + 1).find(({ subnet }) => overlap(a.subnet, subnetOf(subnet)));
    if (b === undefined) continue;
    const both = `${a.name} and ${b.name}`;
    const where = a.subnet === b.subnet ? a.subnet : `${a.subnet} and ${b.subnet}, which overlap`;
    const message = `${both} would each have a network of ${where}, and a machine can have one`;
    const hint = `give one of them its own: \`subnets: { ${b.name}: ADDRESS/24 }\` under \`network\`, with its nodes’ addresses in there`;
    throw new TilebedError('INPUT', message, { hint });
  }
}

/** What lies between nodes is the whole testbed's, and its relay's. */
function partTestbed(whole: Testbed, name: ProviderName): Testbed {
  const { pairs: _, medium: __, subnets = {}, ...testbed } = whole;
  return {
    ...testbed,
    provider: name,
    subnet: subnets[name] ?? testbed.subnet,
    nodes: testbed.nodes.filter((node) => (node.provider ?? testbed.provider) === name),
    providerBlock: testbed.blocks?.[name] ?? {},
  };
}
