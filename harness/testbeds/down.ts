/** Takes a testbed down: all that tilebed made for it, even after a crash, and nothing else. */
import { providerNamed } from '../providers/registry.ts';
import type { Testbed } from '../spec/resolved.ts';
import { removeState } from './state.ts';
import { contextOf } from './up.ts';

/** Returns what was removed; empty when there was nothing. */
export async function down(testbed: Testbed): Promise<readonly string[]> {
  const context = contextOf(testbed);
  const removed = await providerNamed(testbed.provider).down(context);
  await removeState(context.stateFolder);
  return removed;
}
