/**
 * The network of a testbed's containers: a bridge on one engine, or Docker's own overlay over the engines of
 * a swarm. Pure; commands are without `docker` itself.
 */
import { createHash } from 'node:crypto';
import { TilebedError } from '../../../runtime/errors.ts';
import { formatAddress, hostAddress, parseAddress, subnetOf } from '../../spec/addresses.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { type OwnNames, ownerLabel, RECIPE_LABEL } from './names.ts';

export interface NetworkPlan {
  readonly title: string;
  readonly create: readonly string[];
  /** A network that carries it need not be made anew. */
  readonly recipe: string;
}

/** An overlay's network, broadcast and gateway addresses may all lie in the engines' range. */
const RESERVED_ADDRESSES = 3;

export function bridgeNetwork(testbed: Testbed, names: OwnNames): NetworkPlan {
  return networkPlan(testbed, names, [
    ...['--driver', 'bridge', '--opt', `com.docker.network.bridge.name=${names.bridge}`],
  ]);
}

/** Throws a TilebedError (INPUT) where the subnet has no room for the engines' own addresses. */
export function overlayNetwork(testbed: Testbed, names: OwnNames, engines: number): NetworkPlan {
  const range = engineRange(testbed, engines);
  if (range === undefined) {
    const message = `${testbed.name}: ${testbed.subnet} has no row of addresses left for its ${engines} engines`;
    const hint = 'a swarm takes one in each engine: choose a larger subnet, or put nodes together';
    throw new TilebedError('INPUT', message, { hint });
  }
  return networkPlan(testbed, names, [
    ...['--driver', 'overlay', '--attachable', '--ip-range', range],
  ]);
}

/**
 * Where a swarm takes an address for itself in each engine: it would take the lowest, which are the
 * nodes'. The highest block without a node, as a CIDR; undefined when there is none.
 */
export function engineRange(
  { subnet: cidr, nodes }: Pick<Testbed, 'subnet' | 'nodes'>,
  engines: number,
): string | undefined {
  const { network, prefix } = subnetOf(cidr);
  const size = 2 ** Math.ceil(Math.log2(engines + RESERVED_ADDRESSES));
  const taken = nodes.map(({ address }) => parseAddress(address) ?? 0);
  const end = network + 2 ** (32 - prefix);
  for (let first = end - size; first >= network; first -= size) {
    if (taken.some((address) => address >= first && address < first + size)) continue;
    return `${formatAddress(first)}/${32 - Math.log2(size)}`;
  }
  return undefined;
}

function networkPlan(
  { subnet, nodes }: Testbed,
  names: OwnNames,
  options: readonly string[],
): NetworkPlan {
  const gateway = hostAddress(subnetOf(subnet), nodes) ?? '';
  const shape = [...options, '--subnet', subnet, '--gateway', gateway];
  const recipe = recipeOf(shape);
  const labels = ['--label', ownerLabel(names), '--label', `${RECIPE_LABEL}=${recipe}`];
  return {
    title: `make the network ${names.network} of ${subnet}`,
    create: ['network', 'create', ...shape, ...labels, names.network],
    recipe,
  };
}

export function recipeOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
