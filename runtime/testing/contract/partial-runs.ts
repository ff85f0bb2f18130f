/** Runs between cuts, with neighbours' values around them, give the bits of the whole network. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paddingValue, type Surround } from '../../engine/engine.ts';
import { elements, type Layer, type Network } from '../../model/network.ts';
import { inputRegion, overlapsNeighbours } from '../../partition/ftp.ts';
import { cutRegion } from '../../partition/map.ts';
import { type Border, type Region, regionHeight, regionWidth } from '../../partition/region.ts';
import { computableChain } from '../arbitrary-network.ts';
import { computeWhole, difference, NO_DIFFERENCE, segmentSpec } from '../compute.ts';
import { below, randomFloats, seededRandom } from '../random.ts';
import type { LoadEngine } from './load.ts';

type WindowLayer = Parameters<typeof inputRegion>[0];

/** A map with `border` around it, as a layer's window sees it. */
function padded(layer: Layer, map: Float32Array, region: Region, border: Border) {
  const whole = cutRegion(map, layer.input, region);
  const [height, width] = [regionHeight(region), regionWidth(region)];
  const shape = {
    channels: layer.input.channels,
    height: height + border.top + border.bottom,
    width: width + border.left + border.right,
  };
  const data = new Float32Array(elements(shape)).fill(paddingValue(layer));
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let y = 0; y < height; y++) {
      const row = whole.subarray(
        (channel * height + y) * width,
        (channel * height + y + 1) * width,
      );
      data.set(row, (channel * shape.height + border.top + y) * shape.width + border.left);
    }
  }
  return { data, shape };
}

/** Peels strips of values, padding among them, off a padded map: what is left stands in the middle. */
function peel(framed: ReturnType<typeof padded>, middle: Region) {
  const { data, shape } = framed;
  const cut = (x1: number, y1: number, x2: number, y2: number, size: number) =>
    size === 0 ? 0 : { size, data: cutRegion(data, shape, { x1, y1, x2, y2 }) };
  const { x1, y1, x2, y2 } = middle;
  const [right, bottom] = [shape.width - 1 - x2, shape.height - 1 - y2];
  const surround: Surround = {
    left: cut(0, y1, x1 - 1, y2, x1),
    right: cut(x2 + 1, y1, shape.width - 1, y2, right),
    top: cut(0, 0, shape.width - 1, y1 - 1, y1),
    bottom: cut(0, y2 + 1, shape.width - 1, shape.height - 1, bottom),
  };
  return { input: cutRegion(data, shape, middle), surround };
}

function regionOf(layer: Layer, random: () => number): Region {
  const span = (length: number) => {
    const ends = [below(random, length), below(random, length)];
    return [Math.min(...ends), Math.max(...ends)] as const;
  };
  const [[x1, x2], [y1, y2]] = [span(layer.output.width), span(layer.output.height)];
  return { x1, y1, x2, y2 };
}

function backTo(layers: readonly WindowLayer[], output: Region) {
  let wanted = output;
  const steps = layers.toReversed().map((layer) => {
    const { input, border } = inputRegion(layer, wanted);
    wanted = input;
    return { layer, input, border };
  });
  return steps.reverse();
}

function everyCut(network: Network) {
  return segmentSpec(network, {
    extent: 'tiled',
    cuts: network.layers.map(({ index }) => index),
  });
}

export function partialRunsContract(load: LoadEngine): void {
  test('any part of any run of layers, strips of values around its first map', async () => {
    await fc.assert(
      fc.asyncProperty(computableChain, fc.nat(), async ({ network }, seed) => {
        const random = seededRandom(seed);
        const frame = randomFloats(elements(network.input), seed);
        const maps = await computeWhole(
          segmentSpec(network, { outputs: network.layers.map(({ index }) => index) }),
          frame,
          await load(),
        );
        const layers = network.layers as readonly WindowLayer[];
        const from = below(random, layers.length);
        const to = from + 1 + below(random, layers.length - from);
        const output = regionOf(layers[to - 1]!, random);
        const [first, ...rest] = backTo(layers.slice(from, to), output);
        const before = from === 0 ? frame : maps[from - 1]!.data;
        const framed = padded(first!.layer, before, first!.input, first!.border);
        const joins = overlapsNeighbours(first!.layer);
        const [x1, y1] = joins
          ? [below(random, framed.shape.width), below(random, framed.shape.height)]
          : [0, 0];
        const middle = {
          x1,
          y1,
          x2: joins ? x1 + below(random, framed.shape.width - x1) : framed.shape.width - 1,
          y2: joins ? y1 + below(random, framed.shape.height - y1) : framed.shape.height - 1,
        };
        const { input, surround } = peel(framed, middle);
        const segment = await (await load()).open(everyCut(network));
        const { outputs, kept } = await segment.run({
          input,
          height: regionHeight(middle),
          width: regionWidth(middle),
          from,
          to,
          surrounds: [surround, ...rest.map(({ border }) => border)],
          keep: [{ layer: from, region: { x1: 0, y1: 0, x2: 0, y2: 0 } }],
        });
        const last = network.layers[to - 1]!;
        const expected = cutRegion(maps[to - 1]!.data, last.output, output);
        expect(difference(outputs.at(-1)!.data, expected)).toEqual(NO_DIFFERENCE);
        const corner = rest[0]?.input ?? output;
        const single = { x1: corner.x1, y1: corner.y1, x2: corner.x1, y2: corner.y1 };
        const keptAsWell = cutRegion(maps[from]!.data, network.layers[from]!.output, single);
        expect(difference(kept[0]!, keptAsWell)).toEqual(NO_DIFFERENCE);
        await segment.close();
      }),
      { numRuns: 150, seed: 22 },
    );
  }, 120_000);

  test('a run that does not begin at a cut is a mistake of the caller', async () => {
    const network = fc.sample(computableChain, { numRuns: 1, seed: 3 })[0]!.network;
    const segment = await (await load()).open(segmentSpec(network, { extent: 'tiled' }));
    const input = new Float32Array(0);
    await expect(segment.run({ input, height: 0, width: 0, from: 99 })).rejects.toThrow(
      'no run from layer 99',
    );
    await segment.close();
  });
}
