/** What can be done to a node of this machine on purpose: signals, a quota of CPU time, dropped packets. */
import { TilebedError } from '../../../runtime/errors.ts';
import type { NodeFaults } from '../provider.ts';
import { findCgroupCpu, limitCpus, unlimitCpus } from './cgroup.ts';
import { ownedProcesses } from './owned-processes.ts';
import type { PacketFilter } from './packet-filter.ts';

export interface LocalNode {
  readonly name: string;
  /** Whose processes they are. */
  readonly owner: string;
  readonly address: string;
  /** Its control group's name. */
  readonly group: string;
  /** CPUs that it would use if it were left alone. */
  readonly cpus: number;
  readonly filter: PacketFilter;
}

export class LocalFaults implements NodeFaults {
  readonly #node: LocalNode;

  constructor(node: LocalNode) {
    this.#node = node;
  }

  async freeze() {
    const processes = await this.#processes();
    for (const id of processes) signal(id, 'SIGSTOP');
    return async () => {
      for (const id of processes) signal(id, 'SIGCONT');
    };
  }

  async slow(share: number) {
    const cpu = await findCgroupCpu();
    if (typeof cpu === 'string') throw new TilebedError('FAILED', cpu);
    const { group, cpus } = this.#node;
    await limitCpus(cpu, group, share * cpus, await this.#processes());
    return () => unlimitCpus(cpu, group);
  }

  cut() {
    return this.#node.filter.cut(this.#node.address);
  }

  #processes(): Promise<number[]> {
    return ownedProcesses(this.#node.owner, this.#node.name);
  }
}

function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch {
    // It has ended by itself.
  }
}
