import { expect, test } from 'vitest';
import type { Message } from '../net/messages.ts';
import { GatewayBeats } from './gateway-beats.ts';

/** A connection that takes a message when it is told to. */
class SlowSession {
  readonly sent: Message[] = [];
  #take: () => void = () => {};

  send(message: Message): Promise<void> {
    this.sent.push(message);
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  async take(): Promise<void> {
    this.#take();
    await new Promise(setImmediate);
  }
}

const beat = (sentAtMs: number) => ({ kind: 'heartbeat', sentAtMs }) as const;

test('one reply waits for a slow peer, whatever comes meanwhile; then the next is answered', async () => {
  const beats = new GatewayBeats();
  const slow = new SlowSession();
  for (const sentAtMs of [1, 2, 3]) beats.answer(slow, beat(sentAtMs));
  beats.beat(slow);
  expect(slow.sent).toMatchObject([{ kind: 'heartbeatReply', sentAtMs: 1 }]);
  await slow.take();
  beats.answer(slow, beat(4));
  expect(slow.sent).toMatchObject([{ sentAtMs: 1 }, { sentAtMs: 4 }]);
});

test('peers do not wait for each other', () => {
  const beats = new GatewayBeats();
  const [one, other] = [new SlowSession(), new SlowSession()];
  beats.answer(one, beat(1));
  beats.answer(other, beat(2));
  expect(other.sent).toMatchObject([{ sentAtMs: 2 }]);
});
