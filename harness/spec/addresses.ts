/** IPv4 arithmetic for testbeds. Addresses are unsigned 32-bit integers here. */

export interface Subnet {
  readonly network: number;
  readonly prefix: number;
}

/** Undefined for anything but four numbers from 0 to 255. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (
    parts.length !== 4 ||
    parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)
  ) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** A text says what is wrong with the CIDR. */
export function parseSubnet(cidr: string): Subnet | string {
  const [addressText = '', prefixText = ''] = cidr.split('/');
  const address = parseAddress(addressText);
  const prefix = Number(prefixText);
  if (address === undefined) return `\`${addressText}\` is not an IPv4 address`;
  if (prefix < 8 || prefix > 30) return `a prefix from /8 to /30 is possible, not /${prefixText}`;
  const size = 2 ** (32 - prefix);
  const network = address - (address % size);
  if (network !== address)
    return `the network's own address is ${formatAddress(network)}/${prefix}`;
  return { network, prefix };
}

/** A text says why a node cannot have the address. */
export function addressFault(address: number, { network, prefix }: Subnet): string | undefined {
  const last = network + 2 ** (32 - prefix) - 1;
  if (address < network || address > last) {
    return `lies outside ${formatAddress(network)}/${prefix} (${formatAddress(network + 1)} to ${formatAddress(last - 1)})`;
  }
  if (address === network) return 'is the address of the network itself';
  if (address === last) return 'is the broadcast address of the network';
  return undefined;
}

/** The testbed's subnet, which has been checked. */
export function subnetOf(cidr: string): Subnet {
  const subnet = parseSubnet(cidr);
  if (typeof subnet === 'string') throw new Error(subnet);
  return subnet;
}

/** This machine's own address in a testbed's network: the highest that no node has; undefined when all are taken. */
export function hostAddress(
  { network, prefix }: Subnet,
  nodes: readonly { readonly address: string }[],
): string | undefined {
  const taken = new Set(nodes.map(({ address }) => address));
  for (let address = network + 2 ** (32 - prefix) - 2; address > network; address--) {
    const text = formatAddress(address);
    if (!taken.has(text)) return text;
  }
  return undefined;
}

/** Whether an address with its prefix, such as 10.10.10.254/24, lies in the subnet or holds it. */
export function overlap(cidr: string, subnet: Subnet): boolean {
  const [text = '', prefixText = ''] = cidr.split('/');
  const size = 2 ** (32 - Math.min(Number(prefixText), subnet.prefix));
  const address = parseAddress(text) ?? 0;
  return Math.floor(address / size) === Math.floor(subnet.network / size);
}
