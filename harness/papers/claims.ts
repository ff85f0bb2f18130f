/**
 * The papers' claims, each with what decides it: our values of the figure's own panels. A claim whose
 * values are not there is not tested.
 */
import type { JudgedClaim, ReproducedPanel } from '../results/reproduction.ts';
import { type Claim, type Finding, GRIDS, near, type Ours } from './claim.ts';
import { FUSED_LAYERS_CLAIMS } from './fused-layers-claims.ts';

const DEVICES = [1, 2, 3, 4, 5, 6];
/** Less than this is no difference between two measurements of a shared machine. */
const NOISE_PERCENT = 2;
/** Of YOLOv2, as the paper names them. */
const LAYERS = [
  ...'conv1 max1 conv2 max2 conv3 conv4 conv5 max3 conv6 conv7 conv8 max4 conv9 conv10'.split(' '),
  ...'conv11 conv12 conv13 max5 conv14 conv15 conv16 conv17 conv18 conv19 conv20'.split(' '),
  ...'route1 conv21 reorg route2 conv22 conv23 region'.split(' '),
];

export function judgeClaims(figure: string, panels: readonly ReproducedPanel[]): JudgedClaim[] {
  const ours: Ours = (id, name, label) => {
    const panel = panels.find((one) => one.id === id);
    const index = panel?.x.labels.indexOf(String(label)) ?? -1;
    return panel?.series.find((one) => one.name === name)?.ours[index] ?? undefined;
  };
  return (CLAIMS[figure] ?? []).map(({ claim, judge }) => {
    const finding = judge(ours);
    if (finding === undefined) return { claim, verdict: 'not tested here', found: '' };
    const { holds, found } = finding;
    return { claim, verdict: holds ? 'holds' : 'does not hold', found };
  });
}

const CLAIMS: Readonly<Record<string, readonly Claim[]>> = {
  beaten: [
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
          GRIDS.flatMap((grid) => ['WSH', 'WST', 'WST-S'].map((kind) => `${grid} ${kind}`)),
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
  ],
  'deepthings-fig02': [
    {
      claim: 'the first 16 layers have 86.6 % of the memory footprint',
      judge: (ours) => {
        const sizes = LAYERS.map((layer) =>
          total(['output', 'input'].map((part) => ours('memory', part, layer))),
        );
        const [first, all] = [total(sizes.slice(0, 16)), total(sizes)];
        if (first === undefined || all === undefined) return undefined;
        const percent = (100 * first) / all;
        const found = `${percent.toFixed(2)} % of inputs and outputs; weights, which are not in it, weigh the other way`;
        return { holds: near(percent, 86.6, 0.1), found };
      },
    },
  ],
  'deepthings-fig11': [
    reduction('BODP-4', 61),
    reduction('FTP-3x3', 58),
    reduction('FTP-5x5', 68),
    {
      claim: 'a device needs less than 23 MB',
      judge: (ours) => {
        const value = ours('total', 'total', 'FTP-5x5');
        return value === undefined
          ? undefined
          : {
              holds: value < 23,
              found: `${value.toFixed(3)} MiB at 5x5: data of the largest tile and the weights of 16 layers; queues, halos and the process itself are not in it`,
            };
      },
    },
  ],
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
      judge: (ours) => {
        const pairs = gridPoints(ours, 'communication-measured', 'WST', 'WSH');
        if (pairs.length < 2) return undefined;
        const less = 100 * (1 - mean(pairs.map(([wst, wsh]) => wst / wsh)));
        const found = `${less.toFixed(0)} % less on average over ${pairs.length} points, in bytes on the wire, where pixels travel as bytes and not as floats`;
        return { holds: less > 26, found };
      },
    },
    {
      claim: 'reuse costs communication: WST-S sends more than WST',
      judge: (ours) => {
        const pairs = gridPoints(ours, 'communication-measured', 'WST-S', 'WST');
        return pairs.length < 2 ? undefined : mostly(pairs, (reuse, plain) => reuse > plain);
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
      judge: (ours) => {
        const pairs = gridPoints(ours, 'latency', 'WST', 'WSH');
        if (pairs.length < 2) return undefined;
        const less = 100 * (1 - mean(pairs.map(([wst, wsh]) => wst / wsh)));
        const found = `${less.toFixed(1)} % on average over ${pairs.length} points`;
        return { holds: less > NOISE_PERCENT, found };
      },
    },
    {
      claim: 'reuse makes frames faster (27 % on average in the text, 22 % in the figure)',
      judge: (ours) => {
        const pairs = gridPoints(ours, 'latency', 'WST-S', 'WST');
        if (pairs.length < 2) return undefined;
        const less = 100 * (1 - mean(pairs.map(([reuse, plain]) => reuse / plain)));
        const found = `${less.toFixed(1)} % on average over ${pairs.length} points`;
        return { holds: less > NOISE_PERCENT, found };
      },
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
        const pairs = GRIDS.flatMap((grid) => {
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
  'deepthings-fig01': [
    {
      claim: 'the first 16 layers are half of all computation (49 % in the figure)',
      judge: (ours) => {
        const seconds = LAYERS.map(
          (layer) => ours('compute', 'one core of a Raspberry Pi 3', layer) ?? 0,
        );
        const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
        if (sum(seconds) === 0) return undefined;
        const percent = (100 * sum(seconds.slice(0, 16))) / sum(seconds);
        return { holds: near(percent, 50, 5), found: `${percent.toFixed(1)} %` };
      },
    },
    {
      claim: 'the first layers take longer to send than to compute, the last ones do not',
      judge: (ours) => {
        const ratio = (layers: readonly string[]) => {
          const total = (panel: string, series: string) =>
            layers.reduce((sum, layer) => sum + (ours(panel, series, layer) ?? 0), 0);
          const compute = total('compute', 'one core of a Raspberry Pi 3');
          return compute === 0 ? undefined : total('communication', 'WLAN') / compute;
        };
        const [first, last] = [ratio(LAYERS.slice(0, 8)), ratio(LAYERS.slice(18, 25))];
        if (first === undefined || last === undefined) return undefined;
        const found = `sending over computing: ${first.toFixed(2)} up to max3, ${last.toFixed(2)} from conv14 to conv20`;
        return { holds: first > 1 && last < 1, found };
      },
    },
  ],
  'deepthings-fig15': FUSED_LAYERS_CLAIMS,
};

function reduction(partition: string, percent: number): Claim {
  return {
    claim: `${partition} needs ${percent} % less than the whole`,
    judge: (ours) => {
      const [whole, part] = [ours('total', 'total', 'original'), ours('total', 'total', partition)];
      if (whole === undefined || part === undefined) return undefined;
      const less = 100 * (1 - part / whole);
      return { holds: near(less, percent, 0.5), found: `${less.toFixed(1)} % less` };
    },
  };
}

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
  grids: readonly string[] = GRIDS,
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

function total(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
    0,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
