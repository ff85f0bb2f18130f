/** Which of several engines each node is on: the one that it wishes, or the one with the fewest. */
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';

/**
 * By engine, in the order of `hosts`; nodes in the testbed's. A node keeps its engine when nodes are added
 * behind it.
 */
export function placeNodes(
  nodes: Testbed['nodes'],
  hosts: readonly string[],
): ReadonlyMap<string, readonly TestbedNode[]> {
  const placed = new Map<string, TestbedNode[]>(hosts.map((host) => [host, []]));
  for (const node of nodes) {
    const [first, ...others] = hosts;
    const emptiest = others.reduce(
      (best, host) => (placed.get(host)!.length < placed.get(best)!.length ? host : best),
      first!,
    );
    placed.get(node.host ?? emptiest)!.push(node);
  }
  return placed;
}
