import { describe, expect, test } from 'vitest';
import { type Gathered, HaloFetches } from './halo-fetches.ts';

const NEEDS = [
  { holder: 'edge1', tile: 3 },
  { holder: 'edge2', tile: 4 },
];

function gathering(needs = NEEDS) {
  const fetches = new HaloFetches<string>();
  const outcomes: Gathered<string>[] = [];
  const requests = fetches.gather(needs, (outcome) => outcomes.push(outcome));
  return { fetches, outcomes, requests: requests.map(({ request }) => request) };
}

describe('halos that were asked for', () => {
  test('are complete when the last has come', () => {
    const { fetches, outcomes, requests } = gathering();
    fetches.arrived(requests[1]!, 'four');
    expect(outcomes).toEqual([]);
    fetches.arrived(requests[0]!, 'three');
    fetches.arrived(requests[0]!, 'three again');
    const data = new Map([
      [4, 'four'],
      [3, 'three'],
    ]);
    expect(outcomes).toEqual([{ kind: 'complete', data }]);
  });

  test('are complete at once where none are needed', () => {
    expect(gathering([]).outcomes).toEqual([{ kind: 'complete', data: new Map() }]);
  });

  test('are gone with the first that cannot be had, and what comes later is nothing', () => {
    const { fetches, outcomes, requests } = gathering();
    fetches.failed(requests[1]!);
    fetches.arrived(requests[0]!, 'three');
    fetches.failed(requests[0]!);
    expect(outcomes).toEqual([{ kind: 'gone', tile: 4 }]);
  });

  test('are gone with their holder', () => {
    const { fetches, outcomes } = gathering();
    fetches.loseHolder('edge3');
    expect(outcomes).toEqual([]);
    fetches.loseHolder('edge1');
    fetches.loseHolder('edge2');
    expect(outcomes).toEqual([{ kind: 'gone', tile: 3 }]);
  });

  test('of several tiles do not touch each other', () => {
    const { fetches, outcomes, requests } = gathering();
    const others: Gathered<string>[] = [];
    const [more] = fetches.gather([{ holder: 'edge2', tile: 4 }], (one) => others.push(one));
    fetches.failed(requests[0]!);
    fetches.arrived(more!.request, 'four');
    expect(outcomes.map(({ kind }) => kind)).toEqual(['gone']);
    expect(others.map(({ kind }) => kind)).toEqual(['complete']);
  });

  test('that nobody waits for any more are told to nobody', () => {
    const { fetches, outcomes, requests } = gathering();
    fetches.clear();
    fetches.failed(requests[0]!);
    expect(outcomes).toEqual([]);
  });
});
