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

/** All of them; throws one TilebedError (FAILED) that tells of every machine that does not answer. */
export function reachedNodes(surveyed: readonly SurveyedNode[]): readonly ReachedNode[] {
  const failed = surveyed.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw joinErrors(failed.map(named));
  return surveyed as readonly ReachedNode[];
}

/** Of several machines: one that tells of all. What is no TilebedError is a bug, and stays itself. */
export function joinErrors(errors: readonly unknown[]): unknown {
  const bug = errors.find((error) => !(error instanceof TilebedError));
  if (bug !== undefined || errors.length === 1) return bug ?? errors[0];
  const all = errors as readonly TilebedError[];
  const hints = [...new Set(all.flatMap(({ hint }) => hint ?? []))];
  return new TilebedError(all[0]!.code, all.map(({ message }) => message).join('\n  '), {
    hint: hints.join('\n  hint: '),
    cause: all[0],
  });
}

/** Its message begins with the node's name. */
function named({ spec, error }: SurveyedNode): TilebedError {
  const { code, message, hint } = error!;
  const text = message.startsWith(`${spec.name}:`) ? message : `${spec.name}: ${message}`;
  return new TilebedError(code, text, {
    node: spec.name,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
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
