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
  const { below, above, beyond } = placeOf(sorted.length, share);
  return between(sorted[below]!, sorted[above]!, beyond);
}

/** Of `count` sorted values, the two around a quantile, and how far it lies from the first to the second. */
export function placeOf(count: number, share: number) {
  const position = (count - 1) * share;
  const below = Math.floor(position);
  return { below, above: Math.ceil(position), beyond: position - below };
}

export function between(below: number, above: number, share: number): number {
  return below + (above - below) * share;
}
