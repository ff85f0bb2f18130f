/** Whether this machine has room for what a testbed asks of it: devices that are emulated, and the rest. */
import { guessedSpeed } from '../planning/devices.ts';
import { PLAIN_GIGA_MACS } from '../spec/devices.ts';
import type { Testbed, TestbedNode } from '../spec/resolved.ts';

/** What of a machine's CPUs emulated devices may use together: the gateway and the host want some too. */
const MOST_OF_CPUS = 0.9;

export interface Room {
  /** CPUs that the emulated devices use together. */
  readonly devices: number;
  /** CPUs that nodes which emulate nothing may use beside them. */
  readonly others: number;
  readonly cpus: number;
  /** Devices alone want more than there is: none of them would keep its time. */
  readonly isTooSmall: boolean;
  /** What to say, where not all can have what they want at once. */
  readonly warning?: string;
  readonly hint: string;
}

/** @param quotaOf CPUs of a core of an emulated device; where it is not known, what it should come to is taken */
export function roomFor(
  { name, nodes, timeScale = 1 }: Pick<Testbed, 'name' | 'nodes' | 'timeScale'>,
  cpus: number,
  quotaOf: (node: TestbedNode) => number | undefined = () => undefined,
): Room {
  const cores = (node: TestbedNode) => node.cpus?.length ?? 1;
  const emulated = nodes.filter(({ plainMs }) => plainMs !== undefined);
  const devices = emulated.reduce(
    (sum, node) => sum + (quotaOf(node) ?? guessedQuota(node.plainMs!)) * cores(node),
    0,
  );
  const others = nodes
    .filter(({ plainMs }) => plainMs === undefined)
    .reduce((sum, node) => sum + Math.min(node.cpuQuota ?? cores(node), cores(node)), 0);
  const room = MOST_OF_CPUS * cpus;
  const fits = ((timeScale * room) / devices).toFixed(1);
  const hint =
    timeScale > 1
      ? `give the testbed a timeScale below ${fits}, or fewer nodes`
      : 'give the testbed fewer nodes or slower devices';
  const told = { devices, others, cpus, isTooSmall: devices > room, hint };
  if (emulated.length === 0 || devices + others <= cpus) return told;
  const warning = `${name} asks for ${devices.toFixed(2)} CPUs of ${emulated.length} emulated devices and ${others.toFixed(2)} of other nodes, and this machine has ${cpus}: devices may not keep their time`;
  return { ...told, warning };
}

function guessedQuota(plainMs: number): number {
  return (1000 * PLAIN_GIGA_MACS) / guessedSpeed(undefined, 1) / plainMs;
}
