import { describe, expect, test } from 'vitest';
import type { Capability } from '../providers/provider.ts';
import type { Testbed } from '../spec/resolved.ts';
import { expectedWay, isShaped, relayedLinks } from './link-plan.ts';
import { applyChanges } from './shape.ts';
import { judgeLinks } from './verify-links.ts';
import { checkWishes } from './wishes.ts';

const link = { rateBitsPerSecond: 40e6, delayMs: 3 };
const testbed: Testbed = {
  name: 'test',
  file: '/tmp/test.yaml',
  text: '',
  seed: 1,
  provider: 'netns',
  subnet: '10.0.0.0/24',
  tolerate: [],
  security: 'psk',
  nodes: [
    { name: 'gateway', role: 'gateway', address: '10.0.0.2', link: { delayMs: 1 } },
    { name: 'edge0', role: 'edge', address: '10.0.0.3', link },
    { name: 'edge1', role: 'edge', address: '10.0.0.4' },
  ],
  pairs: [{ between: ['edge0', 'edge1'], link: { rateBitsPerSecond: 5e6, delayMs: 20 } }],
  providerBlock: {},
};
const { pairs: _, ...plain } = testbed;
const able = (...names: Capability[]) => new Set(names);

describe('what is left to the relay', () => {
  test('is what the kernel cannot, and all that lies between nodes', () => {
    const pairs = testbed.pairs;
    expect(relayedLinks(testbed, () => able('shape', 'delay'))).toEqual({ nodes: {}, pairs });
    expect(relayedLinks(testbed, () => able('shape'))!.nodes).toEqual({
      gateway: { delayMs: 1 },
      edge0: { delayMs: 3 },
    });
    expect(relayedLinks(testbed, () => able())!.nodes['edge0']).toEqual(link);
  });

  test('is nothing where the kernel keeps all', () => {
    expect(relayedLinks(plain, () => able('shape', 'delay'))).toBeUndefined();
  });
});

describe('a way', () => {
  test('has the delays of all its parts, there and back, and the least of their rates', () => {
    expect(expectedWay(testbed, 'edge0', 'edge1')).toEqual({
      roundTripMs: 43,
      rateBitsPerSecond: 5e6,
    });
    expect(expectedWay(testbed, 'gateway', 'edge0')).toEqual({
      roundTripMs: 4,
      rateBitsPerSecond: 40e6,
    });
    const medium = { rateBitsPerSecond: 2e6, delayMs: 1 };
    expect(expectedWay({ ...plain, medium }, 'edge1', 'gateway')).toEqual({
      roundTripMs: 3,
      rateBitsPerSecond: 2e6,
    });
  });

  test('is shaped where anything on it is', () => {
    expect(isShaped(plain, 'edge1', 'gateway')).toBe(true);
    expect(isShaped({ nodes: plain.nodes.slice(2) }, 'edge1', 'edge1')).toBe(false);
  });
});

describe('wishes for links', () => {
  test('are kept by the provider or by a relay; those of a pair by a relay alone', () => {
    const lenient = able();
    const wished = () => checkWishes(testbed, able('shape', 'delay'), lenient, false);
    expect(wished).toThrow('the link between edge0 and edge1 is to have a rate');
    expect(checkWishes(plain, able('shape', 'delay'), lenient, false)).toEqual([]);
    expect(checkWishes(testbed, able(), lenient, true)).toEqual([]);
    expect(() => checkWishes(plain, able(), lenient, false)).toThrow('the link of edge0');
  });

  test('that are tolerated become warnings', () => {
    const tolerant: Testbed = { ...testbed, tolerate: ['shape', 'delay'] };
    expect(checkWishes(tolerant, able(), able(), false)).toHaveLength(5);
  });
});

describe('a change of links', () => {
  test('says only what becomes different, of all or one', () => {
    const changed = applyChanges(testbed, [
      { target: { kind: 'all' }, link: { rateBitsPerSecond: 1e6 } },
      { target: { kind: 'node', node: 'edge1' }, link: { delayMs: 7 } },
      { target: { kind: 'pair', between: ['edge1', 'edge0'] }, link: { delayMs: 9 } },
      { target: { kind: 'pair', between: ['edge1', 'gateway'] }, link: { loss: 0.1 } },
      { target: { kind: 'medium' }, link: { rateBitsPerSecond: 3e6 } },
    ]);
    expect(changed.nodes.map(({ link }) => link)).toEqual([
      { delayMs: 1, rateBitsPerSecond: 1e6 },
      { delayMs: 3, rateBitsPerSecond: 1e6 },
      { delayMs: 7, rateBitsPerSecond: 1e6 },
    ]);
    expect(changed.pairs!.map(({ link }) => link)).toEqual([
      { rateBitsPerSecond: 5e6, delayMs: 9 },
      { loss: 0.1 },
    ]);
    expect(changed.medium).toEqual({ rateBitsPerSecond: 3e6 });
  });

  test('of a node that is not there, or of jitter beyond the delay, is wrong input', () => {
    const change = (target: Parameters<typeof applyChanges>[1][number]['target'], jitterMs = 1) =>
      applyChanges(testbed, [{ target, link: { jitterMs } }]);
    expect(() => change({ kind: 'node', node: 'edge9' })).toThrow('no node `edge9`');
    expect(() => change({ kind: 'pair', between: ['edge0', 'edge0'] })).toThrow(
      'between two nodes',
    );
    expect(() => change({ kind: 'node', node: 'edge0' }, 4)).toThrow('a jitter of 4 ms');
  });
});

test('a way is off where it is too slow, too fast or too late', () => {
  const measured = { roundTripMs: 12, sendBitsPerSecond: 30e6, receiveBitsPerSecond: 42e6 };
  const expected = { roundTripMs: 10, rateBitsPerSecond: 40e6 };
  const verdicts = (tolerance: number) =>
    judgeLinks({ edge0: { asked: {}, expected, measured } }, tolerance).map(({ ok }) => ok);
  expect(verdicts(0.15)).toEqual([true, false, true]);
  expect(verdicts(0.05)).toEqual([true, false, false]);
  const late = { ...measured, roundTripMs: 14 };
  expect(judgeLinks({ edge0: { asked: {}, expected, measured: late } }, 0.15)[0]!.ok).toBe(false);
});
