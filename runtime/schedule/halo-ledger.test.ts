import { describe, expect, test } from 'vitest';
import { fusibleLayers, planFusedTiles } from '../partition/ftp.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { HaloLedger } from './halo-ledger.ts';

const network = networkOf(
  { width: 12, height: 12, channels: 1 },
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
);
const layers = fusibleLayers(network, 2);
const plan = planFusedTiles(network, { rows: 3, columns: 3 }, 2);
const id = (tile: number) => ({ frame: 0, tile });

function ledgerWith(...finished: readonly (readonly [tile: number, edge: string])[]): HaloLedger {
  const ledger = new HaloLedger(layers, plan);
  for (const [tile, edge] of finished) {
    ledger.plan(id(tile), edge);
    ledger.finish(id(tile));
  }
  return ledger;
}

describe('what a tile is planned with', () => {
  test('neighbours that are finished, and who has their halos', () => {
    const { holders, plan } = ledgerWith([0, 'a'], [2, 'b'], [4, 'c'], [8, 'd']).plan(id(1), 'a');
    expect(holders).toEqual(
      new Map([
        [0, 'a'],
        [2, 'b'],
        [4, 'c'],
      ]),
    );
    // All around the middle of the top row is there: it computes its own four by four, no more.
    expect(plan.steps[1]!.held).toEqual({ x1: 5, y1: 0, x2: 6, y2: 2 });
  });

  test('nothing of a neighbour that another edge still computes, all of one that this edge will have', () => {
    const ledger = new HaloLedger(layers, plan);
    ledger.plan(id(0), 'a');
    expect(ledger.plan(id(1), 'b').plan.halos).toEqual([]);
    const own = ledger.plan(id(3), 'a');
    expect(own.holders).toEqual(new Map([[0, 'a']]));
  });

  test('what the edge holds itself, where others have the same', () => {
    // The corner of 4 lies in the strips of 1 and of 3 alike.
    const ledger = ledgerWith([1, 'a'], [3, 'b']);
    const halos = (edge: string) => ledger.plan(id(4), edge).plan.halos;
    const area = (edge: string, tile: number) =>
      halos(edge)
        .filter((halo) => halo.tile === tile)
        .reduce((sum, { region: { x1, x2, y1, y2 } }) => sum + (x2 - x1 + 1) * (y2 - y1 + 1), 0);
    expect(area('a', 1)).toBeGreaterThan(area('b', 1));
    expect(area('b', 3)).toBeGreaterThan(area('a', 3));
  });

  test('nothing that is forgotten, lost, or of another frame', () => {
    const ledger = ledgerWith([0, 'a'], [2, 'b']);
    ledger.forget(id(0));
    ledger.loseEdge('b');
    expect(ledger.plan(id(1), 'a').plan.halos).toEqual([]);
    expect(ledgerWith([0, 'a']).plan({ frame: 1, tile: 1 }, 'a').plan.halos).toEqual([]);
  });
});

test('a tile leaves halos along sides whose neighbour is to come', () => {
  const ledger = ledgerWith([1, 'a']);
  ledger.plan(id(3), 'b');
  const { sides } = ledger.plan(id(4), 'b');
  expect(sides).toEqual({ left: false, right: true, top: false, bottom: true });
});

test('halos are spent when all around their tile is finished, and a frame names who may have some', () => {
  const ledger = ledgerWith([0, 'a'], [1, 'b'], [3, 'a']);
  expect(ledger.finish(id(4))).toEqual([0]);
  ledger.loseEdge('b');
  expect(ledger.endFrame(0)).toEqual(['a', 'b']);
  expect(ledger.endFrame(0)).toEqual([]);
});
