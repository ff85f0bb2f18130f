/** Where machines over SSH meet: at this machine, if it is in a network with them. */
import { networkInterfaces } from 'node:os';
import { addressFault, parseAddress, type Subnet, subnetOf } from '../../spec/addresses.ts';
import type { ProviderContext } from '../provider.ts';
import { hostOf } from './hosts.ts';

/** Undefined where this machine is in none of their networks: then nobody knows that they reach it. */
export function relayAddress({ testbed }: Pick<ProviderContext, 'testbed'>): string | undefined {
  const own = ownAddresses();
  const inSubnet = own.find(({ address }) => isIn(address, subnetOf(testbed.subnet)));
  if (inSubnet !== undefined) return inSubnet.address;
  const places = testbed.nodes.map((node) => hostOf(testbed, node).address);
  return own.find(({ network }) => places.some((place) => isIn(place, network)))?.address;
}

function ownAddresses(): readonly { readonly address: string; readonly network: Subnet }[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address, cidr }) => ({ address, network: networkOf(address, cidr) }));
}

/** One without a network is alone in it. */
function networkOf(address: string, cidr: string | null): Subnet {
  const prefix = Number(cidr?.split('/')[1] ?? 32);
  const size = 2 ** (32 - prefix);
  return { network: Math.floor((parseAddress(address) ?? 0) / size) * size, prefix };
}

/** A host name is in no network that is known. */
function isIn(text: string, network: Subnet): boolean {
  const address = parseAddress(text);
  return address !== undefined && addressFault(address, network) === undefined;
}
