/** What a segment is to its caller, whatever it computes. */
import { expect, test } from 'vitest';
import { networkOf, section } from '../cfg.ts';
import { computeWhole, difference, NO_DIFFERENCE, seededWeights, segmentSpec } from '../compute.ts';
import type { LoadEngine } from './load.ts';
import { inputOf, MIXED } from './mixed-network.ts';

export function segmentContract(load: LoadEngine): void {
  test('in two parts gives the bits of one', async () => {
    const input = inputOf(MIXED);
    const [whole] = await computeWhole(segmentSpec(MIXED), input, await load());
    const [front] = await computeWhole(segmentSpec(MIXED, { to: 5 }), input, await load());
    const [back] = await computeWhole(segmentSpec(MIXED, { from: 5 }), front!.data, await load());
    expect(difference(back!.data, whole!.data)).toEqual(NO_DIFFERENCE);
  });

  test('gives the same bits in every run and leaves its input alone', async () => {
    const input = inputOf(MIXED);
    const untouched = input.slice();
    const segment = await (await load()).open(segmentSpec(MIXED, { outputs: [6, 13] }));
    const run = async () =>
      (await segment.run({ input, height: 16, width: 24 })).outputs.map(({ data }) => data.slice());
    const first = await run();
    const second = await run();
    await segment.close();
    expect(second).toEqual(first);
    expect(input).toEqual(untouched);
  });

  test('asks for weights once a layer', async () => {
    const asked: number[] = [];
    const weights = async (layer: number) => {
      asked.push(layer);
      return seededWeights(MIXED, layer);
    };
    await (await (await load()).open(segmentSpec(MIXED, { weights, from: 5 }))).close();
    expect(asked).toEqual([6, 10, 13]);
  });

  test('reports the bytes of its weights and of the largest input and output together', async () => {
    const network = networkOf(
      { width: 10, height: 6, channels: 2 },
      section('convolutional', { filters: 3, size: 3, pad: 1, activation: 'linear' }),
      section('maxpool', { size: 2, stride: 2 }),
    );
    const segment = await (await load()).open(segmentSpec(network));
    expect(segment.engineBytes).toEqual({ weights: 4 * 3 * (2 * 9 + 1), activations: 0 });
    await segment.run({ input: inputOf(network), height: 6, width: 10 });
    expect(segment.engineBytes.activations).toBe(4 * 60 * (2 + 3));
    await segment.close();
  });

  test('rejects and closes what it had opened when the weights cannot be read', async () => {
    const weights = async () => Promise.reject(new Error('no such file'));
    await expect((await load()).open(segmentSpec(MIXED, { weights }))).rejects.toThrow(
      'no such file',
    );
  });

  test.each([
    ['shortcut', 5],
    ['route', 8],
  ])('in tiles refuses a %s and names its layer', async (kind, to) => {
    const from = kind === 'route' ? 5 : 0;
    const spec = segmentSpec(MIXED, { from, to, extent: 'tiled' });
    await expect((await load()).open(spec)).rejects.toMatchObject({
      code: 'INPUT',
      message: expect.stringMatching(
        new RegExp(
          `^layer ${to - 1} of test \\(${kind}, line \\d+\\) cannot be computed in tiles$`,
        ),
      ),
    });
  });

  test('says which version computes', async () => {
    expect((await load()).version).toMatch(/^\d+\.\d+\.\d+/);
  });
}
