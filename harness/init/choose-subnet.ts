/** A subnet for a new testbed: one that this machine does not have yet. */
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress, parseSubnet } from '../spec/addresses.ts';

/** The first of 10.10.10.0/24, 10.10.11.0/24 and so on that meets none of the addresses. */
export function freeSubnet(taken: readonly string[] = ownAddresses()): string {
  const first = parseAddress('10.10.10.0')!;
  for (let index = 0; index < 200; index++) {
    const network = first + 256 * index;
    if (!taken.some((cidr) => overlaps(cidr, network, 24))) return `${formatAddress(network)}/24`;
  }
  return '10.10.10.0/24';
}

/** The /24 that all addresses lie in; undefined where they do not. */
export function commonSubnet(addresses: readonly string[]): string | undefined {
  const networks = new Set(addresses.map((address) => address.replace(/\.\d+$/, '.0/24')));
  const [only] = networks;
  return networks.size === 1 && only !== undefined && typeof parseSubnet(only) !== 'string'
    ? only
    : undefined;
}

/** The nth address of a subnet, from 0 for the network's own. */
export function addressAt(cidr: string, index: number): string {
  const [network = ''] = cidr.split('/');
  return formatAddress(parseAddress(network)! + index);
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ cidr, family }) => (family === 'IPv4' && cidr !== null ? [cidr] : [])),
  );
}

function overlaps(cidr: string, network: number, prefix: number): boolean {
  const [text = '', prefixText = ''] = cidr.split('/');
  const size = 2 ** (32 - Math.min(Number(prefixText), prefix));
  return Math.floor((parseAddress(text) ?? 0) / size) === Math.floor(network / size);
}
