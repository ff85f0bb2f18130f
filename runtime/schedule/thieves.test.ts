/** One connection a thief; what was lent over one that is over goes out again, once. */
import { expect, test } from 'vitest';
import { Thieves } from './thieves.ts';

class Session {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
  }
}

test('whoever comes again has lost the connection before, whose end then changes nothing', () => {
  const reissued: string[] = [];
  const thieves = new Thieves<Session>((thief) => reissued.push(thief));
  const [first, second] = [new Session(), new Session()];
  thieves.arrived('edge1', first);
  expect(reissued).toEqual([]);
  thieves.arrived('edge1', second);
  expect([first.destroyed, second.destroyed]).toEqual([true, false]);
  expect(thieves.left('edge1', first)).toBe(false);
  expect(thieves.get('edge1')).toBe(second);
  expect(reissued).toEqual(['edge1']);
  expect(thieves.left('edge1', second)).toBe(true);
  expect(thieves.get('edge1')).toBeUndefined();
  expect(reissued).toEqual(['edge1', 'edge1']);
});

test('one that the gateway has given up cannot steal on', () => {
  const reissued: string[] = [];
  const thieves = new Thieves<Session>((thief) => reissued.push(thief));
  const session = new Session();
  thieves.arrived('edge1', session);
  thieves.lose('edge1');
  expect(session.destroyed).toBe(true);
  expect(reissued).toEqual(['edge1']);
});
