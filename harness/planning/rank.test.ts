import { describe, expect, test } from 'vitest';
import { bundledNetwork } from '../../runtime/testing/bundled-network.ts';
import { guessedSpeed } from './devices.ts';
import { type RankingInput, rankPlans } from './rank.ts';

const network = await bundledNetwork('yolov2-tiny');
const nodes = (count: number, rateBitsPerSecond: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `edge${index}`,
    speed: 1,
    rateBitsPerSecond,
  }));
const input = (more: Partial<RankingInput> = {}): RankingInput => ({
  network,
  gateway: { name: 'gateway', speed: 1 },
  edges: nodes(4, 1e8),
  ...more,
});

describe('the ranking', () => {
  test('is by latency, and holds every strategy for every depth', () => {
    const plans = rankPlans(input());
    const latencies = plans.map(({ latencyMs }) => latencyMs);
    expect(latencies).toEqual(latencies.toSorted((a, b) => a - b));
    const depths = new Set(plans.map(({ fusedLayers }) => fusedLayers));
    expect(depths.size).toBeGreaterThan(3);
    for (const depth of depths) {
      const strategies = plans.filter(({ fusedLayers }) => fusedLayers === depth);
      expect(new Set(strategies.map(({ strategy }) => strategy))).toEqual(
        new Set(['local', 'ftp-wsh', 'ftp-wst', 'modnn', 'neighbour', 'adaptive']),
      );
    }
    expect(plans[0]!.strategy).toBe('adaptive');
    expect(plans[0]!.edges).toHaveLength(4);
  });

  test('over a hopeless link nobody but the source computes', () => {
    const [best] = rankPlans(input({ edges: nodes(4, 1e5), fusedLayers: [8] }));
    expect(best!.edges).toEqual(['edge0']);
    expect(best!.stages).toBe(1);
  });

  test('a slow gateway wants more layers fused', () => {
    const depth = (speed: number) =>
      rankPlans(input({ gateway: { name: 'gateway', speed } }))[0]!.fusedLayers;
    expect(depth(0.1)).toBeGreaterThan(depth(100));
  });

  test('a number of layers that cannot be fused is refused', () => {
    expect(() => rankPlans(input({ fusedLayers: [99] }))).toThrow(
      expect.objectContaining({ code: 'INPUT' }),
    );
  });
});

test('speeds are guessed by device and CPUs', () => {
  expect(guessedSpeed('rpi3', 4)).toBe(4 * guessedSpeed('rpi3', 1));
  expect(guessedSpeed('rpi3', 1)).toBeLessThan(guessedSpeed(undefined, 1));
});
