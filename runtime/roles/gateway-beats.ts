/**
 * The gateway's signs of life. It answers heartbeats without holding back what follows them: on a slow link
 * a reply may wait for seconds behind what else the peer is sent, and if its connection were not read
 * meanwhile, its next heartbeats would not be heard, and a living peer would be given up. And it sends
 * heartbeats of its own: those of a peer may themselves wait behind what that sends. Of a peer that does
 * not read, one message waits.
 */
import { monotonicMs } from '../clock.ts';
import type { Message, MessageOf } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';

type Receiver = Pick<PeerSession, 'send'>;

export class GatewayBeats {
  readonly #waiting = new WeakSet<Receiver>();

  beat(session: Receiver): void {
    this.#send(session, { kind: 'heartbeat', sentAtMs: monotonicMs() });
  }

  answer(session: Receiver, { sentAtMs }: MessageOf<'heartbeat'>): void {
    this.#send(session, { kind: 'heartbeatReply', sentAtMs, repliedAtMs: monotonicMs() });
  }

  #send(session: Receiver, message: Message): void {
    if (this.#waiting.has(session)) return;
    this.#waiting.add(session);
    void session.send(message).finally(() => this.#waiting.delete(session));
  }
}
