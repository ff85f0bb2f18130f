/** Whether a testbed's subnet can be had on this machine: two networks of one address never work. */
import { TilebedError } from '../../../runtime/errors.ts';
import { hostAddress, overlap, subnetOf } from '../../spec/addresses.ts';
import type { Testbed } from '../../spec/resolved.ts';
import type { OwnNames } from './names.ts';
import type { Snapshot } from './snapshot.ts';

/** A bridge of Linux takes no more than 1023 ports. */
const MAX_NODES = 1000;

/** Throws a TilebedError (INPUT). */
export function checkSubnet(
  { name, subnet: cidr, nodes }: Pick<Testbed, 'name' | 'subnet' | 'nodes'>,
  { bridge }: OwnNames,
  { interfaces }: Pick<Snapshot, 'interfaces'>,
): void {
  const subnet = subnetOf(cidr);
  if (hostAddress(subnet, nodes) === undefined) {
    throw new TilebedError('INPUT', `${name}: ${cidr} has no address left for this machine`, {
      hint: 'leave one address free of nodes: the host reaches the gateway from it',
    });
  }
  if (nodes.length > MAX_NODES) {
    throw new TilebedError('INPUT', `${name}: a bridge joins ${MAX_NODES} nodes at most`);
  }
  for (const other of interfaces.values()) {
    if (other.name === bridge) continue;
    const taken = other.addresses.find((address) => overlap(address, subnet));
    if (taken === undefined) continue;
    throw new TilebedError(
      'INPUT',
      `${name}: ${cidr} overlaps with ${taken}, which this machine has on ${other.name}`,
      { hint: `choose another subnet${ownerHint(other.alias)}` },
    );
  }
}

function ownerHint(alias: string | undefined): string {
  return alias?.startsWith('tilebed: ') ? `, or take down the testbed of ${alias.slice(9)}` : '';
}
