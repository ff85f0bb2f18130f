/** The engines of a testbed, and which of its nodes each has. */
import { ownerMark } from '../../machine/owned-processes.ts';
import type { DockerBlock } from '../../spec/docker.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import type { ProviderContext } from '../provider.ts';
import { Engine } from './engine.ts';
import { placeNodes } from './placement.ts';

export interface Site {
  readonly engine: Engine;
  readonly nodes: readonly TestbedNode[];
  /** For titles: " on ssh://b"; empty where there is only one engine. */
  readonly where: string;
}

export function blockOf({ providerBlock }: Pick<Testbed, 'providerBlock'>): DockerBlock {
  return providerBlock as DockerBlock;
}

/** Whether nodes meet in an overlay network of a swarm, which this machine is no part of. */
export function isSpread(testbed: Testbed | undefined): boolean {
  return testbed !== undefined && blockOf(testbed).hosts !== undefined;
}

/** @param context for commands that carry the testbed's mark */
export function sitesOf(testbed?: Testbed, context?: ProviderContext): readonly Site[] {
  const mark = context === undefined ? {} : { mark: ownerMark(context.stateFolder, '') };
  if (testbed === undefined) return [{ engine: new Engine(mark), nodes: [], where: '' }];
  const { hosts, engine: host } = blockOf(testbed);
  if (hosts === undefined) {
    const engine = new Engine({ ...mark, ...(host === undefined ? {} : { host }) });
    return [{ engine, nodes: testbed.nodes, where: '' }];
  }
  return [...placeNodes(testbed.nodes, hosts)].map(([address, nodes]) => ({
    engine: new Engine({ ...mark, host: address }),
    nodes,
    where: ` on ${address}`,
  }));
}
