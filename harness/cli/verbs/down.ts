/** tilebed down */
import type { Command } from 'commander';
import { TilebedError } from '../../../runtime/errors.ts';
import { leftScratch, removeLeftScratch } from '../../scratch.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { down } from '../../testbeds/down.ts';
import { lockTestbed } from '../../testbeds/lock.ts';
import { findOrphans, removeOrphan } from '../../testbeds/orphans.ts';
import { EXIT } from '../exit.ts';
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
    ['tilebed down rack.yaml --orphans', 'looks for them on the machines of this file, too'],
  ],
  define: (command: Command) =>
    command
      .argument('[testbed]', 'a testbed file')
      .option(
        '--orphans',
        'of all testbeds whose folders are gone, of any provider; not the testbed',
      )
      .option('--dry-run', 'with --orphans: remove nothing'),
  run: async (context: VerbContext, file: string | undefined, flags: DownFlags) => {
    if (flags.orphans === true) return downOrphans(context, file, flags);
    if (file === undefined) throw new TilebedError('INPUT', 'give a testbed file or --orphans');
    if (flags.dryRun === true) throw new TilebedError('INPUT', '--dry-run belongs to --orphans');
    return downTestbed(context, file);
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

async function downOrphans(
  { output, signal }: VerbContext,
  file: string | undefined,
  { dryRun = false }: DownFlags,
) {
  const testbed = file === undefined ? undefined : await loadTestbed(file);
  const { orphans, unknown } = await findOrphans(testbed);
  const removed: string[] = [];
  const failed: string[] = [];
  for (const orphan of orphans) {
    signal.throwIfAborted();
    output.note(`orphan: ${orphan.stateFolder} (${orphan.providers.join(', ')})`);
    if (dryRun) continue;
    try {
      const things = await removeOrphan(orphan);
      for (const thing of things) output.note(`removed ${thing}`);
      removed.push(...things);
    } catch (error) {
      // One whose machines are away is no reason to leave the others.
      if (!(error instanceof TilebedError)) throw error;
      output.error(error);
      failed.push(orphan.stateFolder);
    }
  }
  for (const id of unknown) {
    output.warn(
      `left alone, since nobody here knows whose it is: tilebed-${id}, perhaps another user’s`,
    );
  }
  const scratch = dryRun ? await leftScratch() : await removeLeftScratch();
  for (const folder of scratch) {
    output.note(
      `${dryRun ? 'would remove' : 'removed'} ${folder}, which a killed command has left`,
    );
  }
  if (!dryRun) removed.push(...scratch);
  const found = orphans.length === 1 ? '1 orphan' : `${orphans.length} orphans`;
  const what = dryRun ? 'would be removed' : 'removed';
  const but = failed.length === 0 ? '' : `, but ${failed.length} not, or not wholly`;
  const text = orphans.length === 0 ? 'there are no orphans' : `${found} ${what}${but}`;
  output.result({ orphans, unknown, removed, failed }, text);
  return failed.length === 0 ? undefined : EXIT.failed;
}
