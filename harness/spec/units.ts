/** Quantities with their units, as people write them. The schemas have checked their form. */

const MEMORY_BYTES: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};
const DURATION_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const RATE_BITS: Readonly<Record<string, number>> = { kbit: 1e3, mbit: 1e6, gbit: 1e9 };

export function parseMemory(text: string): number {
  return Math.round(quantity(text, MEMORY_BYTES));
}

export function parseDurationMs(text: string): number {
  return quantity(text, DURATION_MS);
}

export function parseRateBitsPerSecond(text: string): number {
  return quantity(text, RATE_BITS);
}

/** 0 to 1. */
export function parsePercent(text: string): number {
  return Number.parseFloat(text) / 100;
}

/** In CPUs: 0.25 for 25%. */
export function parseCpuQuota(quota: number | string): number {
  return typeof quota === 'number' ? quota : parsePercent(quota);
}

/** Of memory, disks and files, to a reader: `512 MB`. */
export function megabytesText(bytes: number): string {
  return `${(bytes / MEMORY_BYTES['MB']!).toFixed(0)} MB`;
}

function quantity(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^([\d.]+)\s*([a-zA-Z]+)$/.exec(text.trim());
  const factor = units[match?.[2] ?? ''];
  if (match === null || factor === undefined) throw new Error(`no quantity: ${text}`);
  return Number(match[1]) * factor;
}
