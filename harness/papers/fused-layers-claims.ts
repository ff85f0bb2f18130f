/** What figure 15 says of fused layers and grids: that is order more than numbers. */

import { PAPER_GRIDS } from '../results/reproduction.ts';
import { type Claim, type Finding, near, type Ours } from './claim.ts';

const CURVES = ['4 layers', '8 layers', '16 layers'];

export const FUSED_LAYERS_CLAIMS: readonly Claim[] = [
  {
    claim: 'memory falls by 23 % from 3x3 to 5x5 at 16 layers',
    judge: (ours) => {
      const [coarse, fine] = ['3x3', '5x5'].map((grid) => ours('memory', '16 layers', grid));
      if (coarse === undefined || fine === undefined) return undefined;
      const percent = 100 * (1 - fine / coarse);
      return { holds: near(percent, 23, 1.5), found: `by ${percent.toFixed(1)} %` };
    },
  },
  {
    claim:
      'a finer grid sends more at 16 layers (25 % from 3x3 to 5x5 in the text, 33 % in the figure)',
    judge: (ours) => {
      const [coarse, fine] = ['3x3', '5x5'].map((grid) => ours('communication', '16 layers', grid));
      if (coarse === undefined || fine === undefined) return undefined;
      const percent = 100 * (fine / coarse - 1);
      return { holds: percent > 0, found: `${percent.toFixed(1)} % more, in bytes on the wire` };
    },
  },
  {
    claim: 'the more layers are fused, the greater the speedup, at each grid (over one device)',
    judge: (ours) =>
      ordered(
        PAPER_GRIDS.map((grid) => row(ours, CURVES, (curve) => [curve, grid], grid)),
        'rises',
      ),
  },
  {
    claim:
      'the finer the grid, the smaller the speedup, at each number of layers (over one device)',
    judge: (ours) =>
      ordered(
        CURVES.map((curve) => row(ours, PAPER_GRIDS, (grid) => [curve, grid], curve)),
        'falls',
      ),
  },
  {
    claim: 'on one device 3x3 is the fastest of the grids in every case',
    judge: (ours) => {
      const cases = CURVES.flatMap((curve) => {
        const [coarse, ...finer] = PAPER_GRIDS.map((grid) => ours('one-device', curve, grid));
        const others = finer.filter((seconds) => seconds !== undefined);
        return coarse === undefined || others.length === 0 ? [] : [{ curve, coarse, others }];
      });
      if (cases.length === 0) return undefined;
      const found = cases.map(
        ({ curve, coarse, others }) =>
          `${curve}: ${coarse.toFixed(2)} s, the next ${Math.min(...others).toFixed(2)} s`,
      );
      const holds = cases.every(({ coarse, others }) => others.every((one) => coarse < one));
      return { holds, found: found.join('; ') };
    },
  },
];

interface Row {
  readonly name: string;
  readonly values: readonly number[];
}

/** The speedups that were measured, in the order of the keys. */
function row(
  ours: Ours,
  keys: readonly string[],
  place: (key: string) => readonly [curve: string, grid: string],
  name: string,
): Row {
  return { name, values: keys.flatMap((key) => ours('speedup', ...place(key)) ?? []) };
}

/** Undefined where no row has two values to compare. */
function ordered(rows: readonly Row[], direction: 'rises' | 'falls'): Finding | undefined {
  const compared = rows.filter(({ values }) => values.length > 1);
  if (compared.length === 0) return undefined;
  const inOrder = compared.filter(({ values }) =>
    values.slice(1).every((value, index) => value > values[index]! === (direction === 'rises')),
  );
  const found = compared
    .map(({ name, values }) => `${name}: ${values.map((value) => value.toFixed(2)).join(', ')}`)
    .join('; ');
  return { holds: inOrder.length === compared.length, found };
}
