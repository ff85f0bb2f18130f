/** In which subnet a testbed's nodes are, and whether their addresses can be there. */
import { addressFault, parseAddress, parseSubnet, type Subnet, subnetOf } from './addresses.ts';
import type { Path, SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';
import type { TestbedNode } from './resolved.ts';
import type { ProviderName, TestbedSpec } from './testbed.ts';

/** A node with the place that describes it. */
export interface PlacedNode {
  readonly node: TestbedNode;
  readonly addressPath: Path;
}

/** Of a provider's nodes. */
export function subnetText({ network }: TestbedSpec, provider: ProviderName): string {
  return network.subnets?.[provider] ?? network.subnet;
}

/** Subnets that are none, or that nobody is in. */
export function subnetTextFaults(
  document: SpecDocument,
  spec: TestbedSpec,
  used: ReadonlySet<ProviderName>,
): SpecFault[] {
  const { subnet, subnets = {} } = spec.network;
  const texts: [Path, string][] = [
    [['network', 'subnet'], subnet],
    ...Object.entries(subnets).map(([name, text]): [Path, string] => [
      ['network', 'subnets', name],
      text,
    ]),
  ];
  return [
    ...texts.flatMap(([path, text]) => {
      const parsed = parseSubnet(text);
      if (typeof parsed !== 'string') return [];
      return [document.fault(path, `\`${text}\` is no subnet: ${parsed}`)];
    }),
    ...(Object.keys(subnets) as ProviderName[])
      .filter((name) => !used.has(name))
      .map((name) =>
        document.fault(['network', 'subnets', name], `no node is of the provider ${name}`, {
          at: 'key',
        }),
      ),
  ];
}

/** @param used providers of its nodes */
export function subnetFaults(
  document: SpecDocument,
  spec: TestbedSpec,
  placed: readonly PlacedNode[],
  used: ReadonlySet<ProviderName>,
): SpecFault[] {
  const faults = subnetTextFaults(document, spec, used);
  if (faults.length > 0) return faults;
  const holders = new Map<string, PlacedNode>();
  for (const current of placed) {
    const { node, addressPath } = current;
    const subnet = subnetOf(subnetText(spec, node.provider ?? spec.provider));
    const problem = addressProblem(node.address, subnet);
    if (problem !== undefined) {
      faults.push(
        document.fault(addressPath, `the address ${node.address} of ${node.name} ${problem}`),
      );
      // A row that runs off the subnet would repeat itself for every edge that follows.
      if (addressPath[0] === 'edges') break;
    }
    const holder = holders.get(node.address);
    if (holder !== undefined) {
      const { line } = document.fault(holder.addressPath, '');
      faults.push(
        document.fault(
          addressPath,
          `the address ${node.address} of ${node.name} is already that of ${holder.node.name} on line ${line}`,
        ),
      );
    } else holders.set(node.address, current);
  }
  return faults;
}

function addressProblem(text: string, subnet: Subnet): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? 'is not an IPv4 address' : addressFault(address, subnet);
}
