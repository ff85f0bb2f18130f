/** Hands out the nodes of a testbed that is up. */
import { TilebedError } from '../../runtime/errors.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import { providerNamed } from '../providers/registry.ts';
import type { Testbed } from '../spec/resolved.ts';
import { readState } from './state.ts';
import { contextOf } from './up.ts';

/** Rejects with a TilebedError (FAILED) when the testbed is down. */
export async function openTestbed(testbed: Testbed): Promise<readonly ProvisionedNode[]> {
  const context = contextOf(testbed);
  const state = await readState(context.stateFolder);
  if (state?.status !== 'up') {
    throw new TilebedError('FAILED', `the testbed ${testbed.name} is not up`, {
      hint: 'bring it up with `tilebed up`',
    });
  }
  return providerNamed(testbed.provider).nodes(context);
}

/** The nodes of that name, or all of that role; rejects with a TilebedError (INPUT) when there are none. */
export function nodesMatching(
  nodes: readonly ProvisionedNode[],
  nameOrRole: string,
): readonly ProvisionedNode[] {
  const found = nodes.filter(({ spec }) => spec.name === nameOrRole || spec.role === nameOrRole);
  if (found.length > 0) return found;
  const names = nodes.map(({ spec }) => spec.name).join(', ');
  throw new TilebedError('INPUT', `there is no node and no role \`${nameOrRole}\``, {
    hint: `nodes: ${names}; roles: gateway, edge`,
  });
}
