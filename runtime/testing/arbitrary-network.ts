/** Random small networks for property tests, as cfg text, so that the parser's shape rules apply. */
import fc from 'fast-check';
import type { Network } from '../model/network.ts';
import type { Grid } from '../partition/region.ts';
import { networkOf, section } from './cfg.ts';

export interface FusibleNetwork {
  readonly network: Network;
  readonly grid: Grid;
}

const activation = fc.constantFrom('leaky', 'linear', 'relu', 'logistic', 'mish');

/** Any window, stride and padding that Darknet takes: for geometry, not for engines. */
const anyWindow = fc
  .record({ size: fc.integer({ min: 1, max: 6 }), stride: fc.integer({ min: 1, max: 4 }) })
  .chain(({ size, stride }) =>
    fc.oneof(
      fc
        .integer({ min: 0, max: size - 1 })
        .map((padding) => section('convolutional', { filters: 1, size, stride, padding })),
      fc
        .integer({ min: 0, max: 2 * (size - 1) })
        .map((padding) => section('maxpool', { size, stride, padding })),
    ),
  );

/** Layers as people write them, with channel counts that no vector unit likes. */
const convolution = fc
  .record({
    filters: fc.integer({ min: 1, max: 19 }),
    size: fc.constantFrom(1, 3, 3, 5),
    stride: fc.constantFrom(1, 1, 1, 2),
    pad: fc.constantFrom(0, 1, 1, 1),
    groups: fc.constantFrom(1, 1, 1, 2, 3),
    activation,
  })
  .map((keys) => section('convolutional', keys));
const pooling = fc
  .constantFrom({ size: 2, stride: 2 }, { size: 2, stride: 1 }, { size: 3, stride: 2 })
  .map((keys) => section('maxpool', keys));

/** A chain of convolutions and maxpools of odd shapes, with a grid that fits its last map. */
export const anyChain: fc.Arbitrary<FusibleNetwork> = chain(anyWindow, 6, 40);
/** A chain that is worth computing. */
export const computableChain: fc.Arbitrary<FusibleNetwork> = chain(
  fc.oneof({ weight: 3, arbitrary: convolution }, { weight: 1, arbitrary: pooling }),
  5,
  36,
);

function chain(
  layer: fc.Arbitrary<string>,
  maxLayers: number,
  maxSide: number,
): fc.Arbitrary<FusibleNetwork> {
  const side = fc.integer({ min: 1, max: maxSide });
  return fc
    .tuple(
      side,
      side,
      fc.integer({ min: 1, max: 7 }),
      fc.array(layer, { minLength: 1, maxLength: maxLayers }),
    )
    .map(([width, height, channels, layers]) => parsedChain(width, height, channels, layers))
    .filter((network) => network !== undefined)
    .chain((network) => {
      const { height, width } = network.layers.at(-1)!.output;
      return fc.record({
        network: fc.constant(network),
        grid: fc.record({
          rows: fc.integer({ min: 1, max: Math.min(height, 7) }),
          columns: fc.integer({ min: 1, max: Math.min(width, 7) }),
        }),
      });
    });
}

/** As many of the layers as leave something of the map, or undefined. */
function parsedChain(
  width: number,
  height: number,
  channels: number,
  layers: readonly string[],
): Network | undefined {
  let network: Network | undefined;
  for (let count = 1; count <= layers.length; count++) {
    try {
      network = networkOf({ width, height, channels }, ...layers.slice(0, count));
    } catch {
      break;
    }
  }
  return network;
}
