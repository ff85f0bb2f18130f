/**
 * Roughly how fast devices compute convolutions, for plans that are made before anything is measured.
 * A Raspberry Pi 3's figure is DeepThings' (figure 1: 13.1 G multiply-accumulates in 13.56 s on one
 * core); the others' are guesses of their ratio to it, so `--speed` stands above them all.
 */
const GIGA_MACS_PER_CORE: Readonly<Record<string, number>> = {
  'rpi-zero2': 0.8,
  rpi3: 1,
  rpi4: 3,
  rpi5: 10,
  'jetson-nano': 3,
};
/** A core of a server or a laptop (decision 0002). */
const GIGA_MACS_OF_A_CORE = 40;

/** @returns multiply-accumulates a second, in billions, on all of its CPUs together */
export function guessedSpeed(device: string | undefined, cpus: number): number {
  const perCore = device === undefined ? undefined : GIGA_MACS_PER_CORE[device];
  return (perCore ?? GIGA_MACS_OF_A_CORE) * cpus;
}
