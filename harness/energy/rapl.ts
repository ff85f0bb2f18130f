/**
 * What this machine's CPU packages used: running counters of the kernel (RAPL, by the powercap interface).
 * They count whatever runs on the machine. Read by root alone on most systems, and absent in most virtual
 * machines.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const POWERCAP = '/sys/class/powercap';
/** A package; `intel-rapl:0:0` would be a part of it. AMD's are named likewise. */
const PACKAGE = /^intel-rapl:\d+$/;

interface Counter {
  readonly microjoules: number;
  /** At which it begins again. */
  readonly range: number;
}

export type RaplReading = ReadonlyMap<string, Counter>;

/** Empty where there is none that may be read. */
export function readRapl(root = POWERCAP): RaplReading {
  const counters = new Map<string, Counter>();
  for (const name of namesIn(root).filter((name) => PACKAGE.test(name))) {
    const number = (file: string) => Number(readFileSync(join(root, name, file), 'utf8'));
    try {
      const counter = { microjoules: number('energy_uj'), range: number('max_energy_range_uj') };
      counters.set(name, counter);
    } catch {
      // Since 2020 only root may read it.
    }
  }
  return counters;
}

/** Undefined where no package is in both. A counter that began again did so once. */
export function joulesSince(before: RaplReading, after: RaplReading): number | undefined {
  const used = [...after].flatMap(([name, { microjoules, range }]) => {
    const earlier = before.get(name);
    if (earlier === undefined) return [];
    const difference = microjoules - earlier.microjoules;
    return [difference < 0 ? difference + range : difference];
  });
  return used.length === 0 ? undefined : used.reduce((sum, one) => sum + one, 0) / 1e6;
}

function namesIn(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}
