/** All machines of a testbed at once: what each is, whether it will do, and what it is able to do. */
import { TilebedError } from '../../../runtime/errors.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import type { ProviderContext } from '../provider.ts';
import { gatherFacts, type HostFacts } from './facts.ts';
import { hostOf, nodePaths, ownNames, sshBlock } from './hosts.ts';
import { Machine } from './machine.ts';

export interface SurveyedNode {
  readonly spec: TestbedNode;
  readonly machine: Machine;
  /** Why the machine cannot be worked on. */
  readonly error: TilebedError | undefined;
  readonly facts: HostFacts | undefined;
}

/** A node whose machine answers. */
export type ReachedNode = SurveyedNode & { readonly facts: HostFacts };

/** Rejects only for bugs. */
export function surveyNodes(context: ProviderContext): Promise<readonly SurveyedNode[]> {
  return Promise.all(context.testbed.nodes.map((spec) => surveyNode(context, spec)));
}

async function surveyNode(context: ProviderContext, spec: TestbedNode): Promise<SurveyedNode> {
  const machine = new Machine(spec.name, hostOf(context.testbed, spec));
  try {
    const facts = await gatherFacts(machine, nodeExecutable(context, spec.name));
    return { spec, machine, facts, error: undefined };
  } catch (error) {
    if (!(error instanceof TilebedError)) throw error;
    return { spec, machine, facts: undefined, error };
  }
}

/** All of them; rejects with one TilebedError (FAILED) that tells of every machine that does not answer. */
export async function reachNodes(context: ProviderContext): Promise<readonly ReachedNode[]> {
  const surveyed = await surveyNodes(context);
  const failed = surveyed.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw joinErrors(failed);
  return surveyed as readonly ReachedNode[];
}

function joinErrors(failed: readonly SurveyedNode[]): TilebedError {
  const lines = failed.map(({ spec, error }) => {
    const message = error!.message;
    return message.startsWith(`${spec.name}:`) ? message : `${spec.name}: ${message}`;
  });
  const hints = [...new Set(failed.flatMap(({ error }) => error!.hint ?? []))];
  const [first] = failed;
  return new TilebedError(first!.error!.code, lines.join('\n  '), {
    hint: hints.join('\n  hint: '),
    ...(failed.length === 1 ? { node: first!.spec.name } : {}),
    cause: first!.error,
  });
}

/** Where Node.js is on the node's machine, or will be. */
export function nodeExecutable(
  context: Pick<ProviderContext, 'stateFolder'> & {
    readonly testbed: Pick<Testbed, 'providerBlock'>;
  },
  node: string,
): string {
  const { node: own = 'bundled' } = sshBlock(context.testbed);
  return own === 'bundled' ? nodePaths(ownNames(context), node).bundledNode : own;
}
