/** What can be done on purpose to a node whose processes run on this machine: signals, a quota, a cut. */
import { TilebedError } from '../../runtime/errors.ts';
import type { NodeFaults, Undo } from '../providers/provider.ts';
import type { TestbedNode } from '../spec/resolved.ts';
import {
  applySettings,
  findControlGroups,
  type GroupLimits,
  groupSettings,
  moveIntoGroups,
} from './control-groups.ts';
import { ownedProcesses, signalProcess } from './owned-processes.ts';

export interface FaultyNode {
  readonly spec: TestbedNode;
  /** Whose processes they are. */
  readonly owner: string;
  /** Its control group's name. */
  readonly group: string;
  readonly cut: () => Promise<Undo>;
}

/** In CPUs: a share of what the node has, of one where that is not limited. */
export function slowedQuota({ cpuQuota, cpus }: TestbedNode, share: number): number {
  return share * (cpuQuota ?? cpus?.length ?? 1);
}

export class MachineNodeFaults implements NodeFaults {
  readonly #node: FaultyNode;

  constructor(node: FaultyNode) {
    this.#node = node;
  }

  async freeze() {
    const processes = await this.#processes();
    for (const id of processes) signalProcess(id, 'SIGSTOP');
    return async () => {
      for (const id of processes) signalProcess(id, 'SIGCONT');
    };
  }

  async slow(share: number) {
    const groups = await findControlGroups();
    const { spec, group } = this.#node;
    if (groups.roots.cpu === undefined) throw new TilebedError('FAILED', groups.problems.cpu ?? '');
    const limit = (cpuQuota: GroupLimits['cpuQuota']) =>
      groupSettings(groups, group, { cpuQuota: cpuQuota ?? 'none' });
    const slowed = limit(slowedQuota(spec, share));
    await applySettings(slowed);
    await moveIntoGroups(slowed, await this.#processes());
    return () => applySettings(limit(spec.cpuQuota));
  }

  cut() {
    return this.#node.cut();
  }

  #processes(): Promise<number[]> {
    return ownedProcesses(this.#node.owner, this.#node.spec.name);
  }
}
