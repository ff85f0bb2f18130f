/** What figures 1, 2 and 11 say of the network itself: computation, memory, and what there is to send. */
import { type Claim, near } from './claim.ts';

/** Of YOLOv2, as the paper names them. */
const LAYERS = [
  ...'conv1 max1 conv2 max2 conv3 conv4 conv5 max3 conv6 conv7 conv8 max4 conv9 conv10'.split(' '),
  ...'conv11 conv12 conv13 max5 conv14 conv15 conv16 conv17 conv18 conv19 conv20'.split(' '),
  ...'route1 conv21 reorg route2 conv22 conv23 region'.split(' '),
];

export const NETWORK_CLAIMS: Readonly<Record<string, readonly Claim[]>> = {
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

function total(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
    0,
  );
}
