/** tilebed down */
import type { Command } from 'commander';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { down } from '../../testbeds/down.ts';
import { lockTestbed } from '../../testbeds/lock.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const downVerb: VerbSpec = {
  name: 'down',
  summary: 'remove all that tilebed made for a testbed, even after a crash, and nothing else',
  examples: [['tilebed down testbeds/local.yaml', 'removes its nodes; results stay']],
  define: (command: Command) => command.argument('<testbed>', 'a testbed file'),
  run: async ({ output }: VerbContext, file: string) => {
    const testbed = await loadTestbed(file);
    await using _lock = await lockTestbed(testbed, 'down');
    const removed = await down(testbed);
    for (const thing of removed) output.note(`removed ${thing}`);
    const text =
      removed.length === 0
        ? `${testbed.name} was down already: nothing to remove`
        : `${testbed.name} is down`;
    output.result({ testbed: testbed.name, removed }, text);
    return undefined;
  },
};
