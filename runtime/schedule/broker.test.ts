import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Broker, type Referral } from './broker.ts';

const referral = (thief: string, victim: string, sequence = 1): Referral => ({
  thief,
  offer: { victim, sequence },
});

describe('an idle edge', () => {
  test('is answered at once while somebody offers', () => {
    const broker = new Broker();
    expect(broker.offer('busy', 1)).toEqual([]);
    expect(broker.ask('idle')).toEqual([referral('idle', 'busy')]);
  });

  test('is answered later where nobody does, and once only', () => {
    const broker = new Broker();
    expect(broker.ask('idle')).toEqual([]);
    expect(broker.ask('idle')).toEqual([]);
    expect(broker.offer('busy', 1)).toEqual([referral('idle', 'busy')]);
    expect(broker.offer('other', 1)).toEqual([]);
  });

  test('is served in the order in which it came', () => {
    const broker = new Broker();
    broker.ask('first');
    broker.ask('second');
    expect(broker.offer('busy', 1).map(({ thief }) => thief)).toEqual(['first', 'second']);
  });

  test('is never sent to itself', () => {
    const broker = new Broker();
    broker.offer('busy', 1);
    expect(broker.ask('busy')).toEqual([]);
    expect(broker.offer('other', 1)).toEqual([referral('busy', 'other')]);
  });

  test('that can only rob itself does not keep others waiting', () => {
    const broker = new Broker();
    broker.ask('busy');
    broker.ask('idle');
    expect(broker.offer('busy', 1)).toEqual([referral('idle', 'busy')]);
  });
});

test('victims are named in turn', () => {
  const broker = new Broker();
  for (const victim of ['a', 'b', 'c']) broker.offer(victim, 1);
  const named = ['t1', 't2', 't3', 't4', 't5'].map((thief) => broker.ask(thief)[0]!.offer.victim);
  expect(named).toEqual(['a', 'b', 'c', 'a', 'b']);
});

test('a victim that offers anew keeps its turn', () => {
  const broker = new Broker();
  broker.offer('a', 1);
  broker.offer('b', 1);
  broker.offer('a', 2);
  expect(broker.ask('t1')).toEqual([referral('t1', 'a', 2)]);
  expect(broker.ask('t2')).toEqual([referral('t2', 'b', 1)]);
});

describe('an offer ends', () => {
  test('when its victim withdraws it', () => {
    const broker = new Broker();
    broker.offer('busy', 1);
    broker.withdraw('busy', 1);
    expect(broker.ask('idle')).toEqual([]);
  });

  test('when a thief finds it empty', () => {
    const broker = new Broker();
    broker.offer('busy', 3);
    expect(broker.ask('idle', { victim: 'busy', sequence: 3 })).toEqual([]);
    expect(broker.ask('other')).toEqual([]);
  });

  test('but not by news of an older one', () => {
    const broker = new Broker();
    broker.offer('busy', 2);
    broker.withdraw('busy', 1);
    expect(broker.ask('idle', { victim: 'busy', sequence: 1 })).toEqual([
      referral('idle', 'busy', 2),
    ]);
  });

  test('when its victim is lost, whatever the sequence', () => {
    const broker = new Broker();
    broker.offer('busy', 9);
    broker.leave('busy');
    expect(broker.ask('idle')).toEqual([]);
  });
});

test('a lost thief is not answered any more', () => {
  const broker = new Broker();
  broker.ask('lost');
  broker.ask('idle');
  broker.leave('lost');
  expect(broker.offer('busy', 1)).toEqual([referral('idle', 'busy')]);
});

test('nobody waits while another edge offers, in any order of events', () => {
  const edge = fc.constantFrom('a', 'b', 'c', 'd');
  const event = fc.record({
    kind: fc.constantFrom('offer', 'withdraw', 'ask', 'leave'),
    edge,
    sequence: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const broker = new Broker();
      const offers = new Map<string, number>();
      const waiting = new Set<string>();
      const apply = (referrals: readonly Referral[]) => {
        for (const { thief, offer } of referrals) {
          expect(waiting.delete(thief)).toBe(true);
          expect(offer.victim).not.toBe(thief);
          expect(offers.get(offer.victim)).toBe(offer.sequence);
        }
      };
      for (const { kind, edge: name, sequence } of events) {
        if (kind === 'offer') {
          offers.set(name, sequence);
          apply(broker.offer(name, sequence));
        } else if (kind === 'withdraw') {
          if ((offers.get(name) ?? Number.POSITIVE_INFINITY) <= sequence) offers.delete(name);
          broker.withdraw(name, sequence);
        } else if (kind === 'ask') {
          waiting.add(name);
          apply(broker.ask(name));
        } else {
          offers.delete(name);
          waiting.delete(name);
          broker.leave(name);
        }
        for (const thief of waiting) {
          expect([...offers.keys()].filter((victim) => victim !== thief)).toEqual([]);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
