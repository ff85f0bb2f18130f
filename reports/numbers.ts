/** Numbers as a reader wants them: three significant digits, one unit for what is compared. */

const MEBIBYTE = 2 ** 20;

export interface Unit {
  readonly name: string;
  /** How many base units (milliseconds, bytes) one of these has. */
  readonly size: number;
}

export const MEBIBYTES: Unit = { name: 'MiB', size: MEBIBYTE };
const SECONDS: Unit = { name: 's', size: 1000 };
const MILLISECONDS: Unit = { name: 'ms', size: 1 };

/** The unit in which all of these durations read well. */
export function durationUnit(valuesMs: readonly number[]): Unit {
  return valuesMs.some((value) => value >= 10_000) ? SECONDS : MILLISECONDS;
}

export function durationText(valueMs: number, unit = durationUnit([valueMs])): string {
  return `${inUnit(valueMs, unit)} ${unit.name}`;
}

export function mebibytesText(bytes: number): string {
  return `${inUnit(bytes, MEBIBYTES)} MiB`;
}

/** Without the unit's name. */
export function inUnit(value: number, unit: Unit): string {
  return significant(value / unit.size);
}

/** Three significant digits, and every digit before the decimal point; whole numbers as they are. Never "0" of what is more than nothing. */
export function significant(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  if (Math.abs(value) < 0.0005) return value < 0 ? '>-0.001' : '<0.001';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 3));
}
