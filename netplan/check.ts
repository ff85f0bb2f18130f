/**
 * What netplan itself does not see: it takes a router outside the subnet and an address that two machines
 * have, both without a word.
 */
import type { NetplanSettings } from './render.ts';

/** By machine: each a sentence that says what is wrong; empty where all is well. */
export function netplanFaults(
  machines: readonly { readonly name: string; readonly settings: NetplanSettings }[],
): readonly string[] {
  const holders = new Map<string, string>();
  return machines.flatMap(({ name, settings }) => {
    const { address, gateway, wifi, nameservers = [] } = settings;
    const faults: string[] = [];
    const own = parseCidr(address);
    if (own === undefined) return [`${name}: ${address} is no address with a prefix`];
    const [text = ''] = address.split('/');
    const holder = holders.get(text);
    if (holder !== undefined) faults.push(`${name}: ${text} is already the address of ${holder}`);
    holders.set(text, name);
    if (isEnd(own))
      faults.push(`${name}: ${address} is the network's own or its broadcast address`);
    if (gateway !== undefined) {
      const router = parseAddress(gateway);
      if (router === undefined) faults.push(`${name}: the router ${gateway} is no IPv4 address`);
      else if (network(router, own.prefix) !== network(own.address, own.prefix)) {
        faults.push(`${name}: the router ${gateway} lies outside the subnet of ${address}`);
      } else if (gateway === text) faults.push(`${name}: ${gateway} cannot be its own router`);
    }
    for (const server of nameservers) {
      if (parseAddress(server) === undefined && !server.includes(':')) {
        faults.push(`${name}: the name server ${server} is no address`);
      }
    }
    const length = wifi?.password?.length;
    if (length !== undefined && (length < 8 || length > 63)) {
      faults.push(`${name}: the password of a Wi-Fi network has 8 to 63 characters, not ${length}`);
    }
    return faults;
  });
}

interface Cidr {
  readonly address: number;
  readonly prefix: number;
}

function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', prefixText = ''] = text.split('/');
  const address = parseAddress(addressText);
  const prefix = Number(prefixText);
  return address === undefined || !/^\d+$/.test(prefixText) || prefix < 1 || prefix > 30
    ? undefined
    : { address, prefix };
}

function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  const isOne = parts.length === 4 && parts.every((each) => /^\d{1,3}$/.test(each) && +each < 256);
  return isOne ? parts.reduce((value, part) => value * 256 + Number(part), 0) : undefined;
}

function network(address: number, prefix: number): number {
  return Math.floor(address / 2 ** (32 - prefix));
}

function isEnd({ address, prefix }: Cidr): boolean {
  const size = 2 ** (32 - prefix);
  return address % size === 0 || address % size === size - 1;
}
