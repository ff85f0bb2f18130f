/** An engine that runs for days holds at the end what it held at the beginning. */
import { expect, test } from 'vitest';
import { releaseDeadMaps } from '../../engine/memory.ts';
import { networkOf, section } from '../cfg.ts';
import { segmentSpec } from '../compute.ts';
import type { LoadEngine } from './load.ts';
import { inputOf } from './mixed-network.ts';

const MEBIBYTE = 2 ** 20;
/** Maps of 2 MiB, weights of 2.3 MiB. */
const NETWORK = networkOf(
  { width: 64, height: 64, channels: 3 },
  section('convolutional', { filters: 128, size: 3, pad: 1, activation: 'leaky' }),
  section('convolutional', { filters: 128, size: 1, activation: 'mish' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 512, size: 3, pad: 1, activation: 'logistic' }),
);

/** Bytes that the process has gained between the first repetitions and the last. */
async function growth(repetitions: number, repeat: () => Promise<void>): Promise<number> {
  const memory = () => {
    releaseDeadMaps('major');
    return process.memoryUsage().rss;
  };
  for (let count = 0; count < repetitions; count++) await repeat();
  const before = memory();
  for (let count = 0; count < repetitions; count++) await repeat();
  return memory() - before;
}

export function memoryContract(load: LoadEngine): void {
  test('does not grow with runs', async () => {
    const segment = await (await load()).open(segmentSpec(NETWORK, { extent: 'tiled' }));
    const border = { left: 1, right: 1, top: 1, bottom: 1 };
    const none = { left: 0, right: 0, top: 0, bottom: 0 };
    const run = { input: inputOf(NETWORK), height: 64, width: 64 };
    const surrounds = [border, none, none, border];
    // One map of each run would be 80 MiB.
    const bytes = await growth(40, async () => void (await segment.run({ ...run, surrounds })));
    await segment.close();
    expect(bytes).toBeLessThan(25 * MEBIBYTE);
  }, 120_000);

  test('is free again when a segment is closed', async () => {
    const engine = await load();
    const run = { input: inputOf(NETWORK), height: 64, width: 64 };
    // The weights of each segment would be 70 MiB.
    const bytes = await growth(30, async () => {
      const segment = await engine.open(segmentSpec(NETWORK));
      await segment.run(run);
      await segment.close();
    });
    expect(bytes).toBeLessThan(25 * MEBIBYTE);
  }, 120_000);
}
