/** How much of this machine's CPUs others used while a trial ran. */
import { cpus } from 'node:os';

export class HostLoad {
  readonly #startedAtMs = performance.now();
  readonly #busyAtStart = busySeconds();
  readonly #ownAtStart = ownSeconds();

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
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => {
    return sum + (user + nice + sys + irq) / 1000;
  }, 0);
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
