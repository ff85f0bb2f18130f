import { expect, test } from 'vitest';
import type { Message } from '../net/messages.ts';
import { HeartbeatReplies } from './heartbeat-replies.ts';

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
  const replies = new HeartbeatReplies();
  const slow = new SlowSession();
  for (const sentAtMs of [1, 2, 3]) replies.answer(slow, beat(sentAtMs));
  expect(slow.sent).toMatchObject([{ kind: 'heartbeatReply', sentAtMs: 1 }]);
  await slow.take();
  replies.answer(slow, beat(4));
  expect(slow.sent).toMatchObject([{ sentAtMs: 1 }, { sentAtMs: 4 }]);
});

test('peers do not wait for each other', () => {
  const replies = new HeartbeatReplies();
  const [one, other] = [new SlowSession(), new SlowSession()];
  replies.answer(one, beat(1));
  replies.answer(other, beat(2));
  expect(other.sent).toMatchObject([{ sentAtMs: 2 }]);
});
