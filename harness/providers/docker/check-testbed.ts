/** What of a testbed an engine cannot do, told before anything is made. */
import { TilebedError } from '../../../runtime/errors.ts';
import { hostAddress, overlap, subnetOf } from '../../spec/addresses.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import { OWNER_LABEL } from './names.ts';
import { type Snapshot, subnetsOf } from './snapshot.ts';

/**
 * Throws a TilebedError (INPUT).
 *
 * @param placed the nodes that are to be on this engine
 */
export function checkTestbed(
  { name, subnet: cidr, nodes }: Testbed,
  placed: readonly TestbedNode[],
  { otherNetworks }: Pick<Snapshot, 'otherNetworks'>,
  cpuCount: number,
): void {
  const subnet = subnetOf(cidr);
  if (hostAddress(subnet, nodes) === undefined) {
    throw new TilebedError('INPUT', `${name}: ${cidr} has no address left for this machine`, {
      hint: 'leave one address free of nodes: the bridge takes it, and the host reaches nodes from it',
    });
  }
  for (const network of otherNetworks) {
    const taken = subnetsOf(network).find((other) => overlap(other, subnet));
    if (taken === undefined) continue;
    const owner = network.Labels?.[OWNER_LABEL];
    const whose = owner === undefined ? '' : `, or take down the testbed of ${owner}`;
    throw new TilebedError(
      'INPUT',
      `${name}: ${cidr} overlaps with ${taken} of the Docker network ${network.Name}`,
      { hint: `choose another subnet${whose}` },
    );
  }
  for (const { name: node, cpus = [] } of placed) {
    const missing = cpus.find((cpu) => cpu >= cpuCount);
    if (missing === undefined) continue;
    throw new TilebedError(
      'INPUT',
      `${node} is to be pinned to CPU ${missing}, but this engine has CPUs 0 to ${cpuCount - 1}`,
    );
  }
}
