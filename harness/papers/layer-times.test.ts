/** The layers of a small network, each timed by itself, and what scaling makes of them. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadNetwork } from '../../runtime/model/load.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { measureLayerTimes, scaled } from './layer-times.ts';

test('the first 16 layers come to what they take on the device of the paper', () => {
  expect(scaled([100, null, 300], 200)).toEqual([6.78, null, 20.34]);
});

test('every layer that computes has a time, and the others none', async () => {
  const network = await loadNetwork(join(PACKAGE_ROOT, 'tests/fixtures/tiny.cfg'));
  const { signal } = new AbortController();
  const { panels, setting } = await measureLayerTimes(network, { signal, rounds: 1 });
  const times = panels['compute']!['one core of a Raspberry Pi 3']!;
  expect(times.map((value) => value !== null)).toEqual(
    network.layers.map(({ kind }) => kind === 'convolutional' || kind === 'maxpool'),
  );
  expect(times.every((value) => value === null || value > 0)).toBe(true);
  expect(setting.join(' ')).toContain('the median of 1 runs');
});
