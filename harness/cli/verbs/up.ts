/** tilebed up */
import type { Command } from 'commander';
import { lockTestbed } from '../../testbeds/lock.ts';
import { loadLiveTestbed } from '../../testbeds/shape.ts';
import { readState, stateFolder } from '../../testbeds/state.ts';
import { stepsText } from '../../testbeds/steps-text.ts';
import { planUp, preflight, up } from '../../testbeds/up.ts';
import { machineTable } from '../machine-table.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

export const upVerb: VerbSpec = {
  name: 'up',
  summary: 'provision a testbed; safe to repeat',
  examples: [
    ['tilebed up testbeds/local.yaml', 'makes what is missing'],
    ['tilebed up testbeds/local.yaml --dry-run', 'shows what would be done'],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .option('--dry-run', 'show the steps and take none'),
  run: async (context: VerbContext, file: string, options: { dryRun?: boolean }) => {
    const { output, signal, runTasks } = context;
    const testbed = await loadLiveTestbed(file);
    const machines = await preflight(testbed);
    // Of a testbed that is up, its machines are known, and only what is wrong with one is news.
    const isUp = (await readState(stateFolder(testbed)))?.status === 'up';
    const isNews = !isUp || machines.some(({ problems }) => problems.length > 0);
    if (machines.length > 0 && isNews) output.note(machineTable(machines));
    if (options.dryRun === true) {
      const { steps, warnings } = await planUp(testbed);
      for (const warning of warnings) output.warn(warning);
      const shown = steps.map(({ title, node, actions }) => ({ title, node, actions }));
      output.result(shown, steps.length > 0 ? stepsText(steps) : 'nothing to do');
      return undefined;
    }
    await using _lock = await lockTestbed(testbed, 'up');
    const result = await up(testbed, { signal, runTasks });
    for (const warning of result.warnings) output.warn(warning);
    const text =
      result.changed.length === 0
        ? `${testbed.name} is up already: nothing to change`
        : `${testbed.name} is up: ${testbed.nodes.length} nodes`;
    output.result({ testbed: testbed.name, ...result }, text);
    return undefined;
  },
};
