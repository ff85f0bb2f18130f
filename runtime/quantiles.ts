/** Medians and other quantiles. Pure. */

/** Throws RangeError on no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The value below which a share of `share` (0 to 1) lies, interpolated between neighbours: type 7 of
 * Hyndman and Fan (1996), the default of R and NumPy. Throws RangeError on no values.
 */
export function quantile(values: readonly number[], share: number): number {
  return sortedQuantile(Float64Array.from(values).sort(), share);
}

/** The same of values that are in order already. */
export function sortedQuantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) throw new RangeError('no values, so no quantile');
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}
