/** What figures 12 to 14 say of work stealing, work sharing and MoDNN: bytes, latency and frames a second. */
import type { Transfer } from '../../runtime/schedule/transfer.ts';
import { PAPER_GRIDS } from '../results/reproduction.ts';
import { type Claim, DEVICES, type Finding, type Ours } from './claim.ts';

/** Less than this is no difference between two measurements of a shared machine. */
const NOISE_PERCENT = 2;

const FRAMES_TRAVEL: Readonly<Record<Transfer['frames'], string>> = {
  pixels: 'pixels travel as bytes and not as floats',
  floats: 'frames travel as floats, as in the paper',
};
const HALOS_TRAVEL: Readonly<Record<Transfer['halos'], string>> = {
  direct: 'stay at the edge that computed them until another needs them',
  gateway: 'go through the gateway, as in the paper',
};

export const STEALING_CLAIMS: Readonly<Record<string, readonly Claim[]>> = {
  'deepthings-fig12': [
    {
      claim: 'FTP-WSH sends the same with any number of devices',
      judge: (ours) => {
        const values = each(DEVICES, (devices) => ours('communication', '5x5 WSH', devices));
        if (values === undefined) return undefined;
        const spread = Math.max(...values) - Math.min(...values);
        return { holds: spread < 0.01, found: `5x5: spread ${spread.toFixed(3)} MiB` };
      },
    },
    {
      claim: 'MoDNN sends more than FTP-WSH of 5x5 with more than 5 devices',
      judge: (ours) => {
        const [modnn, shared] = [
          ours('communication', 'MoDNN', 6),
          ours('communication', '5x5 WSH', 6),
        ];
        if (modnn === undefined || shared === undefined) return undefined;
        const found = `${modnn.toFixed(2)} against ${shared.toFixed(2)} MiB with 6; a part of it is that ceil strips do not line up at the pooling layers: aligned, MoDNN sends 15.14`;
        return { holds: modnn > shared, found };
      },
    },
    {
      claim: 'work stealing sends about half of what work sharing sends (52 % less on average)',
      judge: (ours, { frames }) => {
        const pairs = gridPoints(ours, 'communication-measured', 'WST', 'WSH');
        if (pairs.length < 2) return undefined;
        const less = 100 * (1 - mean(pairs.map(([wst, wsh]) => wst / wsh)));
        const found = `${less.toFixed(0)} % less on average over ${pairs.length} points, in bytes on the wire, where ${FRAMES_TRAVEL[frames]}`;
        return { holds: less > 26, found };
      },
    },
    {
      claim: 'reuse costs communication: WST-S sends more than WST',
      judge: (ours, { halos }) => {
        const pairs = gridPoints(ours, 'communication-measured', 'WST-S', 'WST');
        if (pairs.length < 2) return undefined;
        const { holds, found } = mostly(pairs, (reuse, plain) => reuse > plain);
        return { holds, found: `${found}, where halos ${HALOS_TRAVEL[halos]}` };
      },
    },
  ],
  'deepthings-fig13': [
    {
      claim: 'MoDNN is fastest with 4 devices, and slower with more',
      judge: (ours) => {
        const values = DEVICES.map((devices) => ours('latency', 'MoDNN', devices));
        if (values[5] === undefined || values[3] === undefined) return undefined;
        const known = values.flatMap((value, index) =>
          value === undefined ? [] : [[index + 1, value] as const],
        );
        const best = known.reduce((least, one) => (one[1] < least[1] ? one : least));
        const found = `least with ${best[0]}: ${known.map(([devices, value]) => `${devices}: ${value.toFixed(2)}`).join(', ')} s`;
        return { holds: best[0] >= 3 && best[0] <= 5, found };
      },
    },
    {
      claim: 'work stealing is faster than work sharing (10 % on average)',
      judge: (ours) => judgeFaster(ours, 'WST', 'WSH'),
    },
    {
      claim: 'reuse makes frames faster (27 % on average in the text, 22 % in the figure)',
      judge: (ours) => judgeFaster(ours, 'WST-S', 'WST'),
    },
    {
      claim: 'reuse gains more with finer grids (16 % at 3x3, 33 % at 5x5)',
      judge: (ours) => {
        const gains = ['3x3', '5x5'].map((grid) => {
          const pairs = gridPoints(ours, 'latency', 'WST-S', 'WST', [grid]);
          return pairs.length === 0 ? undefined : 100 * (1 - mean(pairs.map(([a, b]) => a / b)));
        });
        const [coarse, fine] = gains;
        if (coarse === undefined || fine === undefined) return undefined;
        const found = `${coarse.toFixed(1)} % at 3x3, ${fine.toFixed(1)} % at 5x5`;
        return { holds: fine > coarse, found };
      },
    },
    {
      claim:
        'six devices are up to 3.5 times as fast as one (5x5 with reuse, over its own one-device run)',
      judge: (ours) => {
        const [one, six] = [ours('latency', '5x5 WST-S', 1), ours('latency', '5x5 WST-S', 6)];
        if (one === undefined || six === undefined) return undefined;
        const found = `${(one / six).toFixed(2)} times; see the table for what it is over the plain, unpartitioned layers`;
        return { holds: one / six >= 3.5 * 0.9, found };
      },
    },
  ],
  'deepthings-fig14': [
    {
      claim: 'work sharing answers no more frames a second with more sources',
      judge: (ours) => flat(ours, '5x5 WSH'),
    },
    { claim: 'nor does MoDNN', judge: (ours) => flat(ours, 'MoDNN') },
    {
      claim: 'reuse with six sources is faster than stealing without (20 % at 3x3, 32 % at 5x5)',
      judge: (ours) => {
        const pairs = PAPER_GRIDS.flatMap((grid) => {
          const [reuse, plain] = ['WST-S', 'WST'].map((kind) =>
            ours('latency', `${grid} ${kind}`, 6),
          );
          return reuse === undefined || plain === undefined
            ? []
            : [{ grid, less: 100 * (1 - reuse / plain) }];
        });
        if (pairs.length === 0) return undefined;
        const found = pairs.map(({ grid, less }) => `${less.toFixed(1)} % at ${grid}`).join(', ');
        return { holds: pairs.every(({ less }) => less > 0), found };
      },
    },
  ],
};

/** The most frames a second with any number of sources, over those with one. */
function flat(ours: Ours, name: string): Finding | undefined {
  const values = DEVICES.flatMap((sources) => ours('throughput', name, sources) ?? []);
  const [one, ...more] = values;
  if (one === undefined || more.length === 0) return undefined;
  const most = Math.max(...more) / one;
  return { holds: most < 1.15, found: `at most ${most.toFixed(2)} times as many as with one` };
}

/** Values of two kinds of FTP at the same grid and number of devices, where both are there; one device aside. */
function gridPoints(
  ours: Ours,
  panel: string,
  first: string,
  second: string,
  grids: readonly string[] = PAPER_GRIDS,
): readonly (readonly [number, number])[] {
  return grids.flatMap((grid) =>
    DEVICES.slice(1).flatMap((devices) => {
      const [a, b] = [`${grid} ${first}`, `${grid} ${second}`].map((name) =>
        ours(panel, name, devices),
      );
      return a === undefined || b === undefined ? [] : [[a, b] as const];
    }),
  );
}

/** By how much frames of one way are faster than of another, in percent on average. */
function judgeFaster(ours: Ours, faster: string, slower: string): Finding | undefined {
  const pairs = gridPoints(ours, 'latency', faster, slower);
  if (pairs.length < 2) return undefined;
  const less = 100 * (1 - mean(pairs.map(([fast, slow]) => fast / slow)));
  const found = `${less.toFixed(1)} % on average over ${pairs.length} points`;
  return { holds: less > NOISE_PERCENT, found };
}

function mostly(
  pairs: readonly (readonly [number, number])[],
  holds: (a: number, b: number) => boolean,
): Finding {
  const count = pairs.filter(([a, b]) => holds(a, b)).length;
  return { holds: count > pairs.length / 2, found: `at ${count} of ${pairs.length} points` };
}

function each<Key>(
  keys: readonly Key[],
  value: (key: Key) => number | undefined,
): readonly number[] | undefined {
  const values = keys.flatMap((key) => value(key) ?? []);
  return values.length === keys.length ? values : undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
