/** How much of this machine's CPUs others used while a trial ran. */
import { cpus } from 'node:os';

/** A node that may use certain CPUs only. */
export interface PinnedNode {
  readonly name: string;
  readonly cpus: readonly number[];
  /** That it used since the watch began. */
  readonly cpuSeconds: number;
}

export interface PinnedLoad {
  readonly cpu: number;
  /** That are pinned to it. */
  readonly nodes: readonly string[];
  /** The share of it that all other processes used, 0 to 1. */
  readonly others: number;
}

export class HostLoad {
  readonly #startedAtMs = performance.now();
  readonly #busyAtStart = busySeconds();
  readonly #byCpuAtStart = busyByCpu();
  readonly #ownAtStart = ownSeconds();

  /** Of each CPU that nodes are pinned to. */
  onPinned(nodes: readonly PinnedNode[]): PinnedLoad[] {
    const elapsed = (performance.now() - this.#startedAtMs) / 1000;
    const busy = busyByCpu();
    return [...new Set(nodes.flatMap(({ cpus }) => cpus))].flatMap((cpu): PinnedLoad[] => {
      const [after, before] = [busy[cpu], this.#byCpuAtStart[cpu]];
      if (after === undefined || before === undefined) return [];
      const here = nodes.filter(({ cpus }) => cpus.includes(cpu));
      // Which of its CPUs a node used nobody tells: taken as evenly.
      const own = here.reduce((sum, { cpus, cpuSeconds }) => sum + cpuSeconds / cpus.length, 0);
      const others = Math.max(0, (after - before - own) / elapsed);
      return [{ cpu, nodes: here.map(({ name }) => name), others }];
    });
  }

  /**
   * In CPUs, since this was made.
   *
   * @param trialSeconds CPU time of the trial's own processes, in seconds
   */
  others(trialSeconds: number): number {
    const elapsed = (performance.now() - this.#startedAtMs) / 1000;
    const own = ownSeconds() - this.#ownAtStart + trialSeconds;
    return Math.max(0, (busySeconds() - this.#busyAtStart - own) / elapsed);
  }
}

function busySeconds(): number {
  return busyByCpu().reduce((sum, seconds) => sum + seconds, 0);
}

function busyByCpu(): number[] {
  return cpus().map(({ times: { user, nice, sys, irq } }) => (user + nice + sys + irq) / 1000);
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
