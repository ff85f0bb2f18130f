/** Hands out the nodes of a testbed that is up. */
import { TilebedError } from '../../runtime/errors.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { Testbed } from '../spec/resolved.ts';
import { partsOf } from './parts.ts';
import { readState, stateFolder } from './state.ts';

/** Rejects with a TilebedError (FAILED) when the testbed is down. */
export async function openTestbed(testbed: Testbed): Promise<readonly ProvisionedNode[]> {
  const state = await readState(stateFolder(testbed));
  if (state?.status !== 'up') {
    throw new TilebedError('FAILED', `the testbed ${testbed.name} is not up`, {
      hint: 'bring it up with `tilebed up`',
    });
  }
  return nodesOf(testbed);
}

/** In the testbed's order, whoever provides them. */
export async function nodesOf(testbed: Testbed): Promise<readonly ProvisionedNode[]> {
  const lists = await Promise.all(
    partsOf(testbed).map(({ provider, context }) => provider.nodes(context)),
  );
  const byName = new Map(lists.flat().map((node) => [node.spec.name, node]));
  return testbed.nodes.map(({ name }) => byName.get(name)!);
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
