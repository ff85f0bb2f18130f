/** tilebed down */
import type { Command } from 'commander';
import { TilebedError } from '../../../runtime/errors.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { down } from '../../testbeds/down.ts';
import { lockTestbed } from '../../testbeds/lock.ts';
import { findOrphans, removeOrphan } from '../../testbeds/orphans.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface DownFlags {
  readonly orphans?: boolean;
  readonly dryRun?: boolean;
}

export const downVerb: VerbSpec = {
  name: 'down',
  summary: 'remove all that tilebed made for a testbed, even after a crash, and nothing else',
  examples: [
    ['tilebed down testbeds/local.yaml', 'removes its nodes; results stay'],
    ['tilebed down --orphans', 'removes what is left of testbeds whose folders are gone'],
    ['tilebed down --orphans --dry-run', 'only tells of them'],
  ],
  define: (command: Command) =>
    command
      .argument('[testbed]', 'a testbed file')
      .option('--orphans', 'of all testbeds whose folders are gone, of any provider')
      .option('--dry-run', 'with --orphans: remove nothing'),
  run: async (context: VerbContext, file: string | undefined, flags: DownFlags) => {
    if ((file === undefined) !== (flags.orphans === true)) {
      throw new TilebedError('INPUT', 'give either a testbed file or --orphans');
    }
    if (flags.dryRun === true && file !== undefined) {
      throw new TilebedError('INPUT', '--dry-run belongs to --orphans');
    }
    return file === undefined ? downOrphans(context, flags) : downTestbed(context, file);
  },
};

async function downTestbed({ output }: VerbContext, file: string) {
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
}

async function downOrphans({ output, signal }: VerbContext, { dryRun = false }: DownFlags) {
  const { orphans, unknown } = await findOrphans();
  const removed: string[] = [];
  for (const orphan of orphans) {
    signal.throwIfAborted();
    output.note(`orphan: ${orphan.stateFolder} (${orphan.providers.join(', ')})`);
    if (dryRun) continue;
    const things = await removeOrphan(orphan);
    for (const thing of things) output.note(`removed ${thing}`);
    removed.push(...things);
  }
  for (const id of unknown) {
    output.warn(
      `left alone, since nobody knows whose it is: tilebed-${id}, perhaps another user’s`,
    );
  }
  const found = orphans.length === 1 ? '1 orphan' : `${orphans.length} orphans`;
  const what = dryRun ? 'would be removed' : 'removed';
  const text = orphans.length === 0 ? 'there are no orphans' : `${found} ${what}`;
  output.result({ orphans, unknown, removed }, text);
  return undefined;
}
