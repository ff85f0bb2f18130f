/** What an edge does on which event, seen from whoever carries it out. */
import { expect, test } from 'vitest';
import type { Gathered } from './halo-fetches.ts';
import type { PlannedTile } from './halo-ledger.ts';
import type { TileTask } from './own-tiles.ts';
import { type AgendaActs, TileAgenda } from './tile-agenda.ts';

const PLANNED = {} as PlannedTile;

function task(source: string, tile: number): TileTask {
  return { source, id: { frame: 0, tile }, planned: PLANNED };
}

/** An edge with so many tiles of its own; what it does is told in words. */
class Edge {
  readonly did: string[] = [];
  readonly agenda: TileAgenda<TileTask, true, object>;
  /** The tile whose halos do not lie here. */
  missing: number | undefined;
  /** Halos that are asked for come when the test says so. */
  readonly settle: ((gathered: Gathered<true>) => void)[] = [];
  readonly #own: TileTask[];

  constructor(tiles: number, fetchesAtOnce = true) {
    this.#own = Array.from({ length: tiles }, (_, tile) => task('me', tile));
    const own = this.#own;
    const acts: AgendaActs<TileTask, true, object> = {
      offers: true,
      get waiting() {
        return own.length;
      },
      framesToCome: 0,
      takeFrame: () => {},
      nextOwn: () => own.shift(),
      planOwnAgain: ({ tile }, gone) => {
        this.did.push(`plan ${tile} without ${gone}`);
        this.missing = undefined;
        return task('me', tile);
      },
      askForAnother: ({ source, id }, gone) =>
        this.did.push(`ask ${source} for ${id.tile} without ${gone}`),
      fetch: (_, settle) => {
        if (fetchesAtOnce) settle({ kind: 'complete', data: new Map() });
        else this.settle.push(settle);
      },
      gather: () => this.missing ?? {},
      compute: ({ source, id }) => this.did.push(`compute ${source}/${id.tile}`),
      tellOffer: (offering, sequence) =>
        this.did.push(offering ? `offer ${sequence}` : `withdraw ${sequence}`),
      ask: (empty) => this.did.push(empty === undefined ? 'ask' : `ask, not ${empty.victim}`),
      loseHolder: () => {},
    };
    this.agenda = new TileAgenda(acts);
  }

  /** What it did since it was asked last. */
  news(): string[] {
    return this.did.splice(0);
  }
}

test('own tiles first, one made ready beside the one that is computed, then it steals', () => {
  const edge = new Edge(3);
  edge.agenda.start();
  expect(edge.news()).toEqual(['offer 1', 'compute me/0']);
  edge.agenda.computed();
  edge.agenda.advance();
  expect(edge.news()).toEqual(['withdraw 1', 'compute me/1']);
  edge.agenda.computed();
  edge.agenda.advance();
  expect(edge.news()).toEqual(['compute me/2', 'ask']);
  expect(edge.agenda.referred({ victim: 'you', sequence: 4 })).toBe(true);
  edge.agenda.foundEmpty('you');
  expect(edge.news()).toEqual(['ask, not you']);
});

test('two results that have not left hold computing back', () => {
  const edge = new Edge(3);
  edge.agenda.start();
  for (let count = 0; count < 2; count++) {
    edge.agenda.computed();
    edge.agenda.sending();
    edge.agenda.advance();
  }
  expect(edge.news()).not.toContain('compute me/2');
  edge.agenda.sent();
  expect(edge.news()).toContain('compute me/2');
});

test('a tile whose halos do not lie here is planned again, by its source', () => {
  const own = new Edge(1);
  own.missing = 7;
  own.agenda.start();
  expect(own.news()).toEqual(['plan 0 without 7', 'compute me/0', 'ask']);

  const thief = new Edge(0);
  thief.agenda.start();
  thief.agenda.referred({ victim: 'you', sequence: 1 });
  thief.missing = 7;
  expect(thief.agenda.received('you', task('you', 3))).toBe(true);
  expect(thief.news()).toEqual(['ask', 'ask you for 3 without 7']);
  thief.missing = undefined;
  // The victim gives it again, without those halos.
  expect(thief.agenda.received('you', task('you', 3))).toBe(true);
  expect(thief.news()).toContain('compute you/3');
});

test('what was not asked for is not taken, and a tile of a lost victim is not waited for', () => {
  const edge = new Edge(0, false);
  edge.agenda.start();
  expect(edge.agenda.received('you', task('you', 3))).toBe(false);
  edge.agenda.referred({ victim: 'you', sequence: 1 });
  edge.agenda.received('you', task('you', 3));
  edge.agenda.losePeer('you');
  edge.settle[0]!({ kind: 'complete', data: new Map() });
  expect(edge.did).not.toContain('compute you/3');
});
