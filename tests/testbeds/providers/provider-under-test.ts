/** What the contract must know of a provider, and the testbed that it tries it with. */
import type { Capability } from '../../../harness/providers/provider.ts';
import type { UpTestbed } from './up-testbed.ts';

export interface ProviderUnderTest {
  readonly name: string;
  /** Its own block of the testbed's file, where it needs one. */
  block?(): string;
  /** The first three numbers of two /24 subnets that nothing else on this machine has. */
  readonly subnets: readonly [string, string];
  /** What it must be able to do here. */
  readonly able: readonly Capability[];
  /** This machine is no part of the nodes' network: it does not reach them, nor is there a relay. */
  readonly apart?: true;
  /** What is on this machine of testbeds whose state lies in that folder, found without the provider. */
  remains(stateFolder: string): Promise<readonly string[]>;
  /**
   * This machine's ids of the processes that tilebed has started on a node and that still live; where the
   * node is another machine, its own.
   */
  processes(stateFolder: string, node: string): Promise<readonly number[]>;
  /**
   * For providers whose nodes take minutes to come up: one testbed, with a gateway and edge0 at least, that
   * is up for all groups of the contract. Of `life` then only contract-slow-life.ts is tried, and limits and
   * links are left to the provider's own tests.
   */
  readonly shared?: UpTestbed;
}

/** A gateway and two edges; `limits` go to edge0, `network` beside the subnet. */
export function threeNodes(subnet: string, limits = '', network = ''): string {
  return `network: { subnet: ${subnet}.0/24${network} }
nodes:
  gateway: { role: gateway, address: ${subnet}.2 }
  edge0: { role: edge, address: ${subnet}.3${limits} }
  edge1: { role: edge, address: ${subnet}.4 }
`;
}
