/** A testbed that is up for a group of tests, and the nodes of it. */
import { afterAll, beforeAll } from 'vitest';
import type { ProvisionedNode } from '../../../harness/providers/provider.ts';
import { loadTestbed } from '../../../harness/spec/load-testbed.ts';
import { openTestbed } from '../../../harness/testbeds/open.ts';
import { tilebed } from '../../support/cli.ts';
import { Workspace } from '../../support/workspace.ts';

export interface UpTestbed {
  /** Everything behind name and provider. */
  readonly lines: string;
  readonly workspace: Workspace;
  node(name: string): ProvisionedNode;
  /** After a node has been made anew. */
  reopen(): Promise<void>;
}

/**
 * To be called inside `describe`; usable inside its tests.
 *
 * @param prepare what happens to the testbed before it is brought up
 */
export function upTestbed(
  { name, block }: { readonly name: string; block?(): string },
  lines: string,
  prepare?: (workspace: Workspace) => Promise<void>,
): UpTestbed {
  let workspace: Workspace;
  let nodes: readonly ProvisionedNode[];
  const reopen = async () => {
    nodes = await openTestbed(await loadTestbed(workspace.testbed));
  };
  beforeAll(async () => {
    workspace = await Workspace.make(name, block?.());
    await workspace.writeTestbed(lines);
    await prepare?.(workspace);
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    if (exitCode !== 0) throw new Error(stderr);
    await reopen();
  });
  afterAll(() => workspace[Symbol.asyncDispose]());
  return {
    lines,
    get workspace() {
      return workspace;
    },
    reopen,
    node: (name) => nodes.find(({ spec }) => spec.name === name)!,
  };
}
