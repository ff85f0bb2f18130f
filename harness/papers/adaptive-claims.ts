/** What is claimed of `adaptive` on the papers' devices. */
import { PAPER_GRIDS } from '../results/reproduction.ts';
import { type Claim, DEVICES } from './claim.ts';

export const ADAPTIVE_CLAIMS: readonly Claim[] = [
  {
    claim:
      '`adaptive` on six devices is at least 4 times as fast as the plain layers on one (the paper: at most 2.2)',
    judge: (ours) => {
      const [plain, six] = [ours('latency', 'local', 1), ours('latency', 'adaptive', 6)];
      if (plain === undefined || six === undefined) return undefined;
      const found = `${(plain / six).toFixed(2)} times: ${six.toFixed(2)} s against ${plain.toFixed(2)} s`;
      return { holds: plain / six >= 4, found };
    },
  },
  {
    claim: '`adaptive` is never slower than another strategy by more than 5 %',
    judge: (ours) => {
      const rivals = ['MoDNN', 'MoDNN aligned', 'neighbour', 'local'].concat(
        PAPER_GRIDS.flatMap((grid) => ['WSH', 'WST', 'WST-S'].map((kind) => `${grid} ${kind}`)),
      );
      const worst = DEVICES.flatMap((devices) => {
        const own = ours('latency', 'adaptive', devices);
        return own === undefined
          ? []
          : rivals.flatMap((name) => {
              const other = ours('latency', name, devices);
              return other === undefined ? [] : [{ name, devices, ratio: own / other }];
            });
      }).toSorted((a, b) => b.ratio - a.ratio)[0];
      if (worst === undefined) return undefined;
      const { name, devices, ratio } = worst;
      const found = `at worst ${ratio.toFixed(2)} times as long as ${name}, with ${devices} devices`;
      return { holds: ratio <= 1.05, found };
    },
  },
];
