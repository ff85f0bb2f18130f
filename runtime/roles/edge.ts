/** The edge: opens what its way of dealing needs, then plays the role. */
import { STRATEGIES } from '../schedule/strategies.ts';
import type { EdgeConfig } from './config.ts';
import { DealtEdge } from './dealt/edge.ts';
import { openDealtWork } from './dealt/work.ts';
import { EdgeNode, type EdgePort } from './edge-node.ts';
import type { RoleContext } from './role.ts';
import { StealingEdge } from './stealing/edge.ts';
import { openStealingWork } from './stealing/work.ts';

export async function runEdge(config: EdgeConfig, context: RoleContext): Promise<void> {
  const dealing = await openDealing(config);
  try {
    await new EdgeNode(config, context, dealing.on).run();
  } finally {
    await dealing.compute.close();
  }
}

async function openDealing(config: EdgeConfig) {
  if (STRATEGIES[config.work.strategy.name].dealing === 'stealing') {
    const work = await openStealingWork(config);
    return { compute: work.compute, on: (port: EdgePort) => new StealingEdge(port, work) };
  }
  const work = await openDealtWork(config);
  return { compute: work.compute, on: (port: EdgePort) => new DealtEdge(port, work) };
}
