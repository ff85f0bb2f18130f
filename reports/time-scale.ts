/**
 * Results of a testbed that ran faster than real, in the time of what it stands for. Units are in the
 * names of the records' fields, so this goes by names: milliseconds are multiplied, rates divided.
 * CPU time stays what was used here.
 */

export function realTime<Value>(value: Value, timeScale: number): Value {
  return timeScale === 1 ? value : (scaled(value, timeScale) as Value);
}

function scaled(value: unknown, timeScale: number): unknown {
  if (Array.isArray(value)) return value.map((item) => scaled(item, timeScale));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, scaledField(key, item, timeScale)]),
  );
}

function scaledField(key: string, item: unknown, timeScale: number): unknown {
  const factor = /Ms$/.test(key) ? timeScale : /(Fps|PerSecond)$/.test(key) ? 1 / timeScale : 1;
  if (factor === 1) return scaled(item, timeScale);
  return times(item, factor);
}

function times(item: unknown, factor: number): unknown {
  if (typeof item === 'number') return item * factor;
  if (Array.isArray(item)) return item.map((one) => times(one, factor));
  if (typeof item !== 'object' || item === null) return item;
  return Object.fromEntries(Object.entries(item).map(([key, one]) => [key, times(one, factor)]));
}
