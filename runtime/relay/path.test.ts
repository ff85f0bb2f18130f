import { describe, expect, test } from 'vitest';
import { Bucket } from './bucket.ts';
import type { LinkShape, RelayConfig } from './config.ts';
import { LinkPath } from './path.ts';
import { LinkPaths } from './paths.ts';

const NEVER = () => 0.999_999;

function config(changes: Partial<RelayConfig> = {}, link: LinkShape = {}): RelayConfig {
  return {
    listen: ['127.0.0.1'],
    nodes: ['gateway', 'edge0', 'edge1'].map((name, index) => ({
      name,
      address: `127.0.0.${index + 2}`,
      token: name,
      link,
    })),
    pairs: [],
    ...changes,
  };
}

describe('a bucket', () => {
  test('lets bytes out at its rate, however they come', () => {
    const bucket = new Bucket(8e6);
    expect(bucket.take(1000, 100)).toBeCloseTo(96);
    let leftAtMs = 0;
    for (let piece = 0; piece < 99; piece++) leftAtMs = bucket.take(1000, 100);
    // 100 kB at 1 kB a millisecond, less the burst that an idle bucket may catch up by.
    expect(leftAtMs).toBeCloseTo(100 + 100 - 5);
  });

  test('saves nothing up while nobody sends', () => {
    const bucket = new Bucket(8e6);
    bucket.take(1000, 0);
    expect(bucket.take(10_000, 1e6)).toBeCloseTo(1e6 + 5);
  });
});

describe('a way between two nodes', () => {
  test('has the delay of its sender, of the pair, and of the medium, and their sum as round trip', () => {
    const paths = new LinkPaths(
      config(
        {
          pairs: [{ between: ['edge1', 'edge0'], link: { delayMs: 20 } }],
          medium: { delayMs: 1 },
        },
        { delayMs: 3 },
      ),
      NEVER,
    );
    expect(paths.between('edge0', 'edge1').cross(1, 0, 0).arrivesAtMs).toBeCloseTo(24);
    expect(paths.between('edge1', 'edge0').roundTripMs).toBe(48);
    expect(paths.between('edge0', 'gateway').cross(1, 0, 0).arrivesAtMs).toBeCloseTo(4);
  });

  test('is as slow as the slowest part of it, and counts headers as tc does', () => {
    const slow = config({
      pairs: [{ between: ['edge0', 'edge1'], link: { rateBitsPerSecond: 1e6 } }],
    });
    const path = new LinkPaths(slow, NEVER).between('edge0', 'edge1');
    path.cross(1, 0, 0);
    const { sentAtMs } = path.cross(144_800, 0, 1000);
    expect(sentAtMs).toBeCloseTo(1000 - 5 + (100 * 1514 * 8) / 1000);
  });

  test('shares a node’s cable with its other ways, in the same direction only', () => {
    const paths = new LinkPaths(config({}, { rateBitsPerSecond: 8e6 }), NEVER);
    const first = paths.between('edge0', 'gateway').cross(14_480, 0, 0).sentAtMs;
    const second = paths.between('edge0', 'edge1').cross(14_480, 0, 0).sentAtMs;
    expect(second - first).toBeCloseTo(15.14);
    expect(paths.between('gateway', 'edge0').cross(14_480, 0, 0).sentAtMs).toBeCloseTo(first);
  });

  test('over a medium shares it with everybody, in both directions', () => {
    const paths = new LinkPaths(config({ medium: { rateBitsPerSecond: 8e6 } }), NEVER);
    const first = paths.between('edge0', 'gateway').cross(14_480, 0, 0).sentAtMs;
    const back = paths.between('gateway', 'edge0').cross(14_480, 0, 0).sentAtMs;
    const other = paths.between('gateway', 'edge1').cross(14_480, 0, 0).sentAtMs;
    expect([back - first, other - back].map(Math.round)).toEqual([15, 15]);
  });

  test('jitters around its delay', () => {
    const chances = [0, 0.5, 1 - 1e-9];
    const path = new LinkPath(
      { buckets: [], links: [{ delayMs: 10, jitterMs: 4 }], roundTripMs: 20 },
      () => chances.shift()!,
    );
    const delays = [0, 0, 0].map(() => Math.round(path.cross(1, 0, 0).arrivesAtMs));
    expect(delays).toEqual([6, 10, 14]);
  });
});

describe('a lost segment', () => {
  const lossy = (chances: number[]) =>
    new LinkPath(
      { buckets: [], links: [{ loss: 0.1 }], roundTripMs: 30 },
      () => chances.shift() ?? 1,
    );

  test('comes a round trip later where enough follows, else after the timer', () => {
    expect(lossy([0]).cross(1448, 10_000, 0).arrivesAtMs).toBe(30);
    expect(lossy([0]).cross(1448, 0, 0).arrivesAtMs).toBe(200);
  });

  test('may be lost again, and then waits for the timer, which doubles', () => {
    expect(lossy([0, 0, 0]).cross(1448, 10_000, 0).arrivesAtMs).toBe(30 + 400 + 800);
  });

  test('is as frequent as asked for', () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const path = new LinkPath({ buckets: [], links: [{ loss: 0.02 }], roundTripMs: 1 }, random);
    let late = 0;
    for (let packet = 0; packet < 20_000; packet++) {
      if (path.cross(1000, 0, 0).arrivesAtMs > 0) late++;
    }
    expect(late / 20_000).toBeGreaterThan(0.015);
    expect(late / 20_000).toBeLessThan(0.025);
  });
});
