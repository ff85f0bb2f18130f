/** Takes a testbed down: all that tilebed made for it, even after a crash, and nothing else. */
import { endProcesses, ownedProcesses } from '../machine/owned-processes.ts';
import type { Testbed } from '../spec/resolved.ts';
import { partsFor, providersText } from './parts.ts';
import { readState, removeState, stateFolder } from './state.ts';

/** Returns what was removed; empty when there was nothing. */
export async function down(testbed: Testbed): Promise<readonly string[]> {
  const folder = stateFolder(testbed);
  const now = providersText(testbed);
  const before = (await readState(folder))?.provider ?? now;
  const removed: string[] = [];
  // Its file may have changed since it came up.
  for (const providers of new Set([before, now])) {
    for (const { provider, context } of partsFor(testbed, providers)) {
      removed.push(...(await provider.down(context)));
      if (context.stateFolder !== folder) await removeState(context.stateFolder);
    }
  }
  // The relay is no provider's.
  const ended = await endProcesses(() => ownedProcesses(folder));
  await removeState(folder);
  return [...removed, ...ended.map((id) => `process ${id}`)];
}
