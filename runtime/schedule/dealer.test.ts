import { describe, expect, test } from 'vitest';
import { planNeighbour } from '../partition/dealt.ts';
import type { DealtPlan } from '../partition/stages.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { type Deal, Dealer } from './dealer.ts';

const NETWORK = networkOf({ width: 4, height: 6, channels: 1 }, section('maxpool', { size: 1 }));

/** One row each, or two; the outputs' holders are the edges in their order. */
function plan(edges: readonly string[]): DealtPlan {
  return planNeighbour({
    network: NETWORK,
    fusedLayers: 1,
    grid: { rows: 1, columns: 1 },
    align: 'output',
    edges: edges.map((name) => ({ name, layerMs: [] })),
  });
}

function dealer(frames: Record<string, number>, { limit = 1, joined = Object.keys(frames) } = {}) {
  const made = new Dealer({ frames: new Map(Object.entries(frames)), limit, plan });
  for (const edge of joined) made.join(edge);
  return made;
}

function frameOf(deal: Deal | undefined): string | undefined {
  return deal && `${deal.source}/${deal.frame}`;
}

function complete(made: Dealer, deal: Deal): void {
  for (const [part, holder] of deal.plan.holders.at(-1)!.entries()) {
    made.arrive(deal.edges[holder]!, deal.id, part);
  }
}

test('sources take turns, and no more frames are under way than allowed', () => {
  const made = dealer({ a: 2, b: 1, c: 0 });
  for (const [source, frame] of [
    ['a', 0],
    ['a', 1],
    ['b', 0],
  ] as const) {
    expect(made.announce({ source, frame })).toBe(true);
  }
  const order: unknown[] = [];
  for (let deal = made.next(); deal !== undefined; deal = made.next()) {
    order.push(frameOf(deal));
    expect(made.next()).toBeUndefined();
    complete(made, deal);
    made.finish(deal);
  }
  expect(order).toEqual(['a/0', 'b/0', 'a/1']);
  expect(made.done).toBe(true);
});

test('only an expected frame is taken, and once', () => {
  const made = dealer({ a: 1, b: 0 });
  expect(made.announce({ source: 'a', frame: 1 })).toBe(false);
  expect(made.announce({ source: 'b', frame: 0 })).toBe(false);
  expect(made.announce({ source: 'nobody', frame: 0 })).toBe(false);
  expect(made.announce({ source: 'a', frame: 0 })).toBe(true);
  expect(made.announce({ source: 'a', frame: 0 })).toBe(false);
});

test('the source stands first, behind it all that have joined; who joins takes part in the next', () => {
  const made = dealer({ a: 0, b: 2, c: 0, d: 0 }, { joined: ['a', 'b', 'c'], limit: 2 });
  made.announce({ source: 'b', frame: 0 });
  made.announce({ source: 'b', frame: 1 });
  expect(made.next()!.edges).toEqual(['b', 'a', 'c']);
  made.join('d');
  expect(made.next()!.edges).toEqual(['b', 'a', 'c', 'd']);
});

test('outputs count once, from their holder, for their own deal', () => {
  const made = dealer({ a: 1, b: 0 });
  made.announce({ source: 'a', frame: 0 });
  const { id } = made.next()!;
  expect(made.arrive('b', id, 0)).toBe('unknown');
  expect(made.arrive('a', id, 2)).toBe('unknown');
  expect(made.arrive('a', id + 1, 0)).toBe('unknown');
  expect(made.arrive('a', 0.5, 0)).toBe('unknown');
  expect(made.arrive('a', id, 0)).toBe('new');
  expect(made.arrive('a', id, 0)).toBe('duplicate');
  expect(made.arrive('b', id, 1)).toBe('last');
  expect(made.arrive('b', id, 1)).toBe('stale');
  expect(made.live(id)).toBeUndefined();
});

describe('an edge that is lost', () => {
  test('takes its deals with it; their frames come before all others, over the rest', () => {
    const made = dealer({ a: 2, b: 0, c: 0 });
    made.announce({ source: 'a', frame: 0 });
    made.announce({ source: 'a', frame: 1 });
    const first = made.next()!;
    made.arrive('a', first.id, 0);
    expect(made.lose('c')).toEqual({ cancelled: [first], lost: [] });
    const again = made.next()!;
    expect(frameOf(again)).toBe('a/0');
    expect(again.id).toBeGreaterThan(first.id);
    expect(again.edges).toEqual(['a', 'b']);
    expect(made.arrive('a', first.id, 0)).toBe('stale');
    expect(made.arrive('a', again.id, 0)).toBe('new');
    expect(made.arrive('b', again.id, 1)).toBe('last');
  });

  test('loses its own frames, but those whose map is complete', () => {
    const made = dealer({ a: 3, b: 1 }, { limit: 2 });
    made.announce({ source: 'a', frame: 0 });
    const merged = made.next()!;
    complete(made, merged);
    made.announce({ source: 'a', frame: 1 });
    const dealt = made.next()!;
    const { cancelled, lost } = made.lose('a');
    expect(cancelled).toEqual([dealt]);
    expect(lost.map(({ frame }) => frame)).toEqual([1, 2]);
    expect(made.next()).toBeUndefined();
    made.finish(merged);
    expect(made.done).toBe(false);
    made.announce({ source: 'b', frame: 0 });
    const rest = made.next()!;
    expect(rest.edges).toEqual(['b']);
    complete(made, rest);
    made.finish(rest);
    expect(made.done).toBe(true);
  });
});

describe('edges that cannot reach each other', () => {
  test('their frame goes through the gateway; a deal that they had not heard of is left alone', () => {
    const made = dealer({ a: 2, b: 0, c: 0 }, { limit: 2 });
    made.announce({ source: 'a', frame: 0 });
    made.announce({ source: 'a', frame: 1 });
    const [first, second] = [made.next()!, made.next()!];
    expect(first.plan.route).toBe('direct');
    expect(made.broken('b', 'c', first.id)).toEqual([first]);
    expect(made.live(second.id)).toBe(second);
    const again = made.next()!;
    expect(again.plan.route).toBe('gateway');
    expect(again.plan.stages).toEqual(first.plan.stages);
    // The other end tells it too.
    expect(made.broken('c', 'b', again.id)).toEqual([second]);
  });

  test('after three failures they are kept apart until one of them was lost', () => {
    const made = dealer({ a: 5, b: 0 });
    const routes: unknown[] = [];
    for (let frame = 0; frame < 4; frame++) {
      made.announce({ source: 'a', frame });
      const deal = made.next()!;
      routes.push(deal.plan.route);
      made.broken('b', 'a', deal.id);
      complete(made, deal.plan.route === 'direct' ? made.next()! : deal);
    }
    expect(routes).toEqual(['direct', 'direct', 'direct', 'gateway']);
    made.lose('b');
    made.join('b');
    made.announce({ source: 'a', frame: 4 });
    expect(made.next()!.plan.route).toBe('direct');
  });
});

test('a frame that was not merged does not finish', () => {
  const made = dealer({ a: 1 });
  expect(() => made.finish({ source: 'a', frame: 0 })).toThrow('was not merged');
});
