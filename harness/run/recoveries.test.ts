import { describe, expect, test } from 'vitest';
import type { FaultVerb } from '../results/format.ts';
import type { NodeFault } from '../spec/resolved.ts';
import { Recoveries, type RecoveryEvent } from './recoveries.ts';

function fault(verb: FaultVerb, node = 'edge1'): NodeFault {
  return { verb, node, atMs: 0 };
}

/** Whatever time the roles' own clocks show: the second argument counts. */
function event(name: RecoveryEvent['event'], tiles = 0, node = 'edge1'): RecoveryEvent {
  return { event: name, node, tiles, reason: 'silent', atMs: 0 } as RecoveryEvent;
}

describe('a killed edge', () => {
  test('is made good with the last of its tiles', () => {
    const recoveries = new Recoveries();
    recoveries.begun(fault('kill'), 100);
    // A source may notice before the gateway does.
    recoveries.add(event('tiles-reissued', 2), 103);
    recoveries.add(event('node-lost'), 105);
    recoveries.add(event('tiles-reissued', 3), 106);
    recoveries.add(event('tiles-recomputed', 3), 120);
    expect(recoveries.records()[0]).not.toHaveProperty('recoveredAtMs');
    recoveries.add(event('tiles-recomputed', 2), 110);
    expect(recoveries.records()).toEqual([
      {
        node: 'edge1',
        fault: 'kill',
        atMs: 100,
        detectedAtMs: 103,
        recoveredAtMs: 120,
        tilesRecomputed: 5,
      },
    ]);
    expect(recoveries.isLost('edge1')).toBe(true);
  });

  test('that held nothing is made good when it is noticed', () => {
    const recoveries = new Recoveries();
    recoveries.begun(fault('kill'), 100);
    recoveries.add(event('node-lost'), 105);
    expect(recoveries.records()).toMatchObject([{ detectedAtMs: 105, recoveredAtMs: 105 }]);
  });

  test('returns as an event of its own', () => {
    const recoveries = new Recoveries();
    recoveries.begun(fault('kill'), 100);
    recoveries.add(event('node-lost'), 105);
    recoveries.begun(fault('return'), 200);
    recoveries.add(event('node-joined'), 230);
    expect(recoveries.isLost('edge1')).toBe(false);
    const [killed, returned] = recoveries.records();
    expect(killed).not.toHaveProperty('joinedAtMs');
    expect(returned).toEqual({
      node: 'edge1',
      fault: 'return',
      atMs: 200,
      joinedAtMs: 230,
      tilesRecomputed: 0,
    });
    // And may be lost again, by itself.
    recoveries.add(event('node-lost'), 300);
    expect(recoveries.records()).toHaveLength(3);
    expect(recoveries.records()[2]).toMatchObject({ fault: 'loss', detectedAtMs: 300 });
  });
});

test('a frozen edge that goes on joins again', () => {
  const recoveries = new Recoveries();
  const freeze = fault('freeze');
  recoveries.begun(freeze, 100);
  recoveries.add(event('node-lost'), 2100);
  recoveries.ended(freeze, 3100);
  recoveries.add(event('node-joined'), 3120);
  expect(recoveries.records()).toMatchObject([
    { fault: 'freeze', endedAtMs: 3100, joinedAtMs: 3120 },
  ]);
});

test('two freezes of one edge are told apart', () => {
  const recoveries = new Recoveries();
  recoveries.begun(fault('freeze'), 100);
  recoveries.add(event('node-lost'), 2100);
  recoveries.add(event('node-joined'), 3100);
  recoveries.begun(fault('freeze'), 4000);
  recoveries.add(event('node-lost'), 6000);
  expect(recoveries.records()).toMatchObject([
    { detectedAtMs: 2100, joinedAtMs: 3100 },
    { detectedAtMs: 6000 },
  ]);
});

test('who is lost for no reason of ours is told too, and of others nothing', () => {
  const recoveries = new Recoveries();
  recoveries.begun(fault('slow', 'edge0'), 50);
  recoveries.add(event('node-lost'), 100);
  recoveries.add(event('tiles-reissued', 1), 101);
  recoveries.add(event('tiles-recomputed', 1), 130);
  expect(recoveries.records()).toEqual([
    { node: 'edge0', fault: 'slow', atMs: 50, tilesRecomputed: 0 },
    {
      node: 'edge1',
      fault: 'loss',
      atMs: 100,
      detectedAtMs: 100,
      recoveredAtMs: 130,
      tilesRecomputed: 1,
    },
  ]);
});
