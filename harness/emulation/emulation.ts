/** Nodes that are to be as slow as a device: their shares of a CPU, and whether this machine has enough CPUs for all. */
import { availableParallelism } from 'node:os';
import { TilebedError } from '../../runtime/errors.ts';
import type { CpuShares } from '../../runtime/roles/pace.ts';
import type { NodeFaults, ProvisionedNode, Undo } from '../providers/provider.ts';
import type { Testbed, TestbedNode } from '../spec/resolved.ts';
import type { RunTasks } from '../tasks.ts';
import { calibrate } from './calibrate.ts';
import { type Calibration, knownCalibration } from './calibration.ts';
import { type Room, roomFor } from './room.ts';

/** By node; of those that emulate a device. */
export type Emulation = ReadonlyMap<string, Calibration>;

/** Calibrates what this machine was not calibrated for, and checks that it is large enough. */
export async function emulationOf(
  testbed: Testbed,
  engine: string,
  { signal, runTasks, anew = false }: EmulationOptions,
): Promise<Emulation> {
  const emulated = testbed.nodes.filter(({ plainMs }) => plainMs !== undefined);
  const found = new Map<number, Calibration>();
  const missing: TestbedNode[] = [];
  for (const node of emulated) {
    const targetMs = node.plainMs!;
    const known = anew ? undefined : await knownCalibration(targetMs, engine);
    if (known !== undefined) found.set(targetMs, known);
    else if (!missing.some(({ plainMs }) => plainMs === targetMs)) missing.push(node);
  }
  await runTasks(
    missing.map(({ device, plainMs }) => ({
      title: `calibrate ${device} (${(plainMs! / 1000).toFixed(2)} s for the first 16 layers)`,
      run: async (context) => {
        const calibration = await calibrate(plainMs!, engine, context);
        found.set(plainMs!, calibration);
        context.conclude(describeCalibration(calibration));
      },
    })),
    { signal },
  );
  const emulation = new Map(emulated.map(({ name, plainMs }) => [name, found.get(plainMs!)!]));
  checkRoom(testbed, emulation);
  return emulation;
}

export interface EmulationOptions {
  readonly signal: AbortSignal;
  readonly runTasks: RunTasks;
  /** Measure even what is known. */
  readonly anew?: boolean;
}

/** What a node uses of a CPU: by how much its device is behind this machine. */
export function cpuShares({ otherTimes }: TestbedNode, { cpuQuota }: Calibration): CpuShares {
  return { engine: cpuQuota, other: otherTimes === undefined ? cpuQuota : 1 / otherTimes };
}

export function describeCalibration({ cpuQuota, verifiedMs }: Calibration) {
  const share = `${(100 * cpuQuota).toFixed(2)} % of a CPU`;
  return `${share}: ${(verifiedMs / 1000).toFixed(2)} s when measured again`;
}

function checkRoom(testbed: Testbed, emulation: Emulation): void {
  const { devices, cpus, isTooSmall, hint } = emulationRoom(testbed, emulation);
  if (!isTooSmall) return;
  throw new TilebedError(
    'INPUT',
    `${testbed.name} asks for ${devices.toFixed(2)} CPUs of emulated devices, and this machine has ${cpus}`,
    { hint },
  );
}

/** Whether this machine has room for all nodes, by the quotas that were found. */
export function emulationRoom(testbed: Testbed, emulation: Emulation): Room {
  return roomFor(testbed, availableParallelism(), ({ name }) => emulation.get(name)?.cpuQuota);
}

/** Faults of a node that is as slow as a device anyway: what slows it has to take from that. */
export class EmulatedNode implements NodeFaults {
  readonly #faults: NodeFaults;
  readonly #cpuQuota: number;

  constructor(
    { spec, faults }: Pick<ProvisionedNode, 'spec' | 'faults'>,
    { cpuQuota }: Calibration,
  ) {
    this.#faults = faults;
    // A share is one of what the node has, and a device of several cores is so much slower on each.
    const cores = spec.cpus?.length ?? 1;
    this.#cpuQuota = (cpuQuota * cores) / (spec.cpuQuota ?? cores);
  }

  freeze(): Promise<Undo> {
    return this.#faults.freeze();
  }

  cut(): Promise<Undo> {
    return this.#faults.cut();
  }

  slow(share: number): Promise<Undo> {
    return this.#faults.slow(share * this.#cpuQuota);
  }
}
