/** What a schema cannot see of the block `ssh:`: nodes that there are not, and addresses that cannot be. */
import { addressFault, parseAddress, parseSubnet } from './addresses.ts';
import type { SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';
import { closest } from './schema-check.ts';
import type { NetplanBlock, SshBlock } from './ssh.ts';

export function sshFaults(
  document: SpecDocument,
  { ssh, network }: { readonly ssh?: SshBlock; readonly network: { readonly subnet: string } },
  nodes: readonly string[],
): SpecFault[] {
  if (ssh === undefined) return [];
  return [
    ...hostFaults(document, Object.keys(ssh.hosts ?? {}), nodes),
    ...(ssh.netplan === undefined ? [] : netplanFaults(document, ssh.netplan, network.subnet)),
  ];
}

function hostFaults(document: SpecDocument, hosts: readonly string[], nodes: readonly string[]) {
  return hosts
    .filter((name) => !nodes.includes(name))
    .map((name) => {
      const best = closest(name, nodes);
      const hint = best === undefined ? `nodes: ${nodes.join(', ')}` : `did you mean \`${best}\`?`;
      return document.fault(['ssh', 'hosts', name], `there is no node \`${name}\``, {
        hint,
        at: 'key',
      });
    });
}

function netplanFaults(
  document: SpecDocument,
  { gateway, nameservers = [] }: NetplanBlock,
  cidr: string,
): SpecFault[] {
  const path = ['ssh', 'netplan'];
  const faults = nameservers.flatMap((server, index) =>
    parseAddress(server) !== undefined || server.includes(':')
      ? []
      : [
          document.fault(
            [...path, 'nameservers', index],
            `a name server is given by its address, not as \`${server}\``,
          ),
        ],
  );
  const subnet = parseSubnet(cidr);
  // That is told of the subnet itself.
  if (gateway === undefined || typeof subnet === 'string') return faults;
  const address = parseAddress(gateway);
  const wrong = address === undefined ? 'is not an IPv4 address' : addressFault(address, subnet);
  if (wrong !== undefined) {
    faults.push(document.fault([...path, 'gateway'], `the router ${gateway} ${wrong}`));
  }
  return faults;
}
