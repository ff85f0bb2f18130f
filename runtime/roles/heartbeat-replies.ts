/**
 * Answers heartbeats without holding back what follows them. On a slow link a reply may wait for seconds
 * behind what else the peer is sent: if its connection were not read meanwhile, its next heartbeats would
 * not be heard, and a living peer would be given up. Of a peer that does not read, one reply waits.
 */
import { monotonicMs } from '../clock.ts';
import type { MessageOf } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';

export class HeartbeatReplies {
  readonly #waiting = new WeakSet<Pick<PeerSession, 'send'>>();

  answer(session: Pick<PeerSession, 'send'>, { sentAtMs }: MessageOf<'heartbeat'>): void {
    if (this.#waiting.has(session)) return;
    this.#waiting.add(session);
    const reply = { kind: 'heartbeatReply', sentAtMs, repliedAtMs: monotonicMs() } as const;
    void session.send(reply).finally(() => this.#waiting.delete(session));
  }
}
