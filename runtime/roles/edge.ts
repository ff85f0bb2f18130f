/** The edge: opens what its way of dealing needs, then plays the role. */
import type { EdgeConfig } from './config.ts';
import { EdgeNode } from './edge-node.ts';
import type { RoleContext } from './role.ts';
import { openStealingWork, StealingEdge } from './stealing-edge.ts';

export async function runEdge(config: EdgeConfig, context: RoleContext): Promise<void> {
  const work = await openStealingWork(config);
  try {
    await new EdgeNode(config, context, (port) => new StealingEdge(port, work)).run();
  } finally {
    await work.compute.close();
  }
}
