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

  test('a slow way between two nodes makes plans that use it slow, and no others', () => {
    const plain = rankPlans(input({ fusedLayers: [8] }));
    const between = ['edge0', 'edge1'] as const;
    const slow = rankPlans(
      input({ fusedLayers: [8], pairs: [{ between, link: { delayMs: 500 } }] }),
    );
    const latency = (plans: typeof plain, strategy: string) =>
      plans.find((plan) => plan.strategy === strategy)!.latencyMs;
    expect(latency(slow, 'local')).toBe(latency(plain, 'local'));
    // The frame is handed out once, each edge with its tiles.
    expect(latency(slow, 'ftp-wst') - latency(plain, 'ftp-wst')).toBeCloseTo(500);
    expect(latency(slow, 'neighbour') - latency(plain, 'neighbour')).toBeGreaterThan(500);
    // Whoever goes through the gateway does not pass there.
    expect(latency(slow, 'modnn')).toBe(latency(plain, 'modnn'));
    const stranger = ['edge0', 'edge9'] as const;
    const others = [{ between: stranger, link: { delayMs: 500 } }];
    expect(rankPlans(input({ fusedLayers: [8], pairs: others }))).toEqual(plain);
  });

  test('one medium for all costs what all send', () => {
    const best = (more: Partial<RankingInput>) =>
      rankPlans(input({ fusedLayers: [8], edges: nodes(4, 1e7), ...more })).find(
        ({ strategy }) => strategy === 'modnn',
      )!.latencyMs;
    const medium = { rateBitsPerSecond: 1e7 };
    expect(best({ medium })).toBeGreaterThan(1.2 * best({}));
    expect(best({ medium: { rateBitsPerSecond: 1e6 } })).toBeGreaterThan(4 * best({ medium }));
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
