/** Roughly how fast devices compute convolutions, for plans that are made before anything is measured. */
import { DEVICES, PLAIN_GIGA_MACS } from '../spec/devices.ts';

/** A core of a server or a laptop (decision 0002). */
const GIGA_MACS_OF_A_CORE = 40;

/** @returns multiply-accumulates a second, in billions, on all of its CPUs together */
export function guessedSpeed(device: string | undefined, cpus: number): number {
  const profile = device === undefined ? undefined : DEVICES[device];
  const perCore =
    profile === undefined ? GIGA_MACS_OF_A_CORE : PLAIN_GIGA_MACS / profile.plainSeconds;
  return perCore * cpus;
}
