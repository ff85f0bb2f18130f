/** tilebed deploy */
import type { Command } from 'commander';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { findBundle } from '../../testbeds/bundle.ts';
import { deploy } from '../../testbeds/deploy.ts';
import { lockTestbed } from '../../testbeds/lock.ts';
import { openTestbed } from '../../testbeds/open.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const deployVerb: VerbSpec = {
  name: 'deploy',
  summary: 'put the runtime on all nodes; skips those that have these very bytes',
  examples: [['tilebed deploy testbeds/local.yaml', 'after `tilebed up`']],
  define: (command: Command) => command.argument('<testbed>', 'a testbed file'),
  run: async ({ output, signal, runTasks }: VerbContext, file: string) => {
    const testbed = await loadTestbed(file);
    await using _lock = await lockTestbed(testbed, 'deploy');
    const nodes = await openTestbed(testbed);
    const bundle = await findBundle();
    const deployed = await deploy(nodes, bundle, { signal, runTasks });
    const size = `${(bundle.bytes / 2 ** 20).toFixed(1)} MiB`;
    const text =
      deployed.length === 0
        ? `all nodes have runtime ${bundle.hash} already`
        : `runtime ${bundle.hash} (${size}) is now on ${deployed.join(', ')}`;
    output.result({ runtime: bundle.hash, bytes: bundle.bytes, deployed }, text);
    return undefined;
  },
};
