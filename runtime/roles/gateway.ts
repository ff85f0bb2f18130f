/** The gateway: opens what it needs for its way of dealing, then plays the role. */
import { loadNetwork } from '../model/load.ts';
import { STRATEGIES } from '../schedule/strategies.ts';
import type { GatewayConfig } from './config.ts';
import { DealtGateway } from './dealt/gateway.ts';
import { Finisher } from './finisher.ts';
import { GatewayNode } from './gateway-node.ts';
import { stealingPlan } from './job.ts';
import type { RoleContext } from './role.ts';
import { StealingGateway } from './stealing/gateway.ts';

export async function runGateway(config: GatewayConfig, context: RoleContext): Promise<void> {
  const network = await loadNetwork(config.work.model.cfg);
  const finisher = await Finisher.open(network, config);
  try {
    await new GatewayNode(config, context, finisher, (port) =>
      STRATEGIES[config.work.strategy.name].dealing === 'dealt'
        ? new DealtGateway(port, network)
        : new StealingGateway(port, stealingPlan(network, config.work)),
    ).run();
  } finally {
    await finisher.close();
  }
}
