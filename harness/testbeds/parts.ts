/**
 * A testbed with nodes of several providers falls into parts, one a provider, each with a state folder of
 * its own below the testbed's: to its provider a part is a testbed like any other.
 */
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { Capability, Provider, ProviderContext } from '../providers/provider.ts';
import { providerNamed } from '../providers/registry.ts';
import { addressFault, parseAddress, parseSubnet } from '../spec/addresses.ts';
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
  for (const { provider, context } of partsOf(testbed)) {
    const address = provider.relayAddress?.(context);
    if (address !== undefined) addresses.set(provider.name, address);
    else if (isMixed(testbed)) {
      const message = `nodes of ${provider.name} and of other providers cannot reach each other here`;
      const hint = 'nodes of several providers meet at this machine, which these do not reach';
      throw new TilebedError('MISSING', message, { hint });
    } else return undefined;
  }
  checkNetworks(testbed, addresses);
  return addresses;
}

/** Two networks of one subnet on one machine: it would reach only one of them. */
function checkNetworks({ subnet }: Testbed, addresses: ReadonlyMap<string, string>): void {
  const parsed = parseSubnet(subnet);
  if (typeof parsed === 'string') return;
  const own = [...addresses]
    .filter(([, address]) => addressFault(parseAddress(address) ?? 0, parsed) === undefined)
    .map(([name]) => name);
  if (own.length < 2) return;
  const message = `${own.join(' and ')} would each make a network of ${subnet}, and a machine can have one`;
  throw new TilebedError('INPUT', message, {
    hint: 'one of them at a time can be mixed with `local`',
  });
}

/** What lies between nodes is the whole testbed's, and its relay's. */
function partTestbed({ pairs: _, medium: __, ...testbed }: Testbed, name: ProviderName): Testbed {
  return {
    ...testbed,
    provider: name,
    nodes: testbed.nodes.filter((node) => (node.provider ?? testbed.provider) === name),
    providerBlock: testbed.blocks?.[name] ?? {},
  };
}
