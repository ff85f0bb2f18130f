/** Watts over time make joules. Pure. */

export interface WattSample {
  readonly atMs: number;
  readonly watts: number;
}

/**
 * Each reading holds until the next; the first holds from the beginning, too.
 *
 * @param samples in the order of time
 * @returns undefined where there is no reading until the end
 */
export function joulesBetween(
  samples: readonly WattSample[],
  fromMs: number,
  toMs: number,
): { readonly joules: number; readonly samples: number } | undefined {
  const until = samples.filter(({ atMs }) => atMs <= toMs);
  if (until.length === 0) return undefined;
  let wattMs = 0;
  let used = 0;
  for (const [index, { atMs, watts }] of until.entries()) {
    const start = index === 0 ? fromMs : Math.max(fromMs, atMs);
    const end = until[index + 1]?.atMs ?? toMs;
    if (end <= start) continue;
    wattMs += watts * (end - start);
    used++;
  }
  return { joules: wattMs / 1000, samples: used };
}
