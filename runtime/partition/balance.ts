/** Cuts a length so that everybody is done at the same time, though a share costs something beside its length. */

export interface Cost {
  /** Of each row (column) of the share. */
  readonly perRow: number;
  /** Of a share however small: its halos. */
  readonly fixed: number;
}

/**
 * Whole sizes, in the order of the costs, that make the dearest share as cheap as it can be: the real
 * solution of `size x perRow + fixed = T` for all, rounded down, and what is left given row by row to
 * whoever is then cheapest.
 *
 * @returns undefined where somebody is better left out: its fixed cost alone is as much as all others need
 */
export function balancedSizes(length: number, costs: readonly Cost[]): number[] | undefined {
  if (costs.length > length) return undefined;
  let [rows, ways] = [length, 0];
  for (const { perRow, fixed } of costs) {
    rows += fixed / perRow;
    ways += 1 / perRow;
  }
  const evenMs = rows / ways;
  const sizes: number[] = [];
  let left = length;
  for (const { perRow, fixed } of costs) {
    const real = (evenMs - fixed) / perRow;
    if (!(real >= 0.5)) return undefined;
    const size = Math.max(1, Math.floor(real));
    sizes.push(size);
    left -= size;
  }
  for (; left > 0; left--)
    sizes[bestOf(costs, (cost, index) => -after(cost, sizes[index]! + 1))]!++;
  for (; left < 0; left++) {
    const dearest = bestOf(costs, (cost, index) =>
      sizes[index] === 1 ? Number.NEGATIVE_INFINITY : after(cost, sizes[index]!),
    );
    sizes[dearest]!--;
  }
  return sizes;
}

function after({ perRow, fixed }: Cost, size: number): number {
  return perRow * size + fixed;
}

/** Of equals the first. */
function bestOf(costs: readonly Cost[], score: (cost: Cost, index: number) => number): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < costs.length; index++) {
    const found = score(costs[index]!, index);
    if (found > most) [best, most] = [index, found];
  }
  return best;
}
