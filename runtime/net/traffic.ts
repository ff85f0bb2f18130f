/** What a node's connections carry, frames with their headers, before encryption. */
import { FairShareClock } from './fair-share-clock.ts';
import type { MessageKind } from './messages.ts';

export interface KindTraffic {
  readonly messages: number;
  readonly bytes: number;
}

export class Traffic {
  sentBytes = 0;
  receivedBytes = 0;
  /** Of all that comes in at once. */
  readonly clock = new FairShareClock();
  readonly #sent = new Map<MessageKind, { messages: number; bytes: number }>();

  noteSent(kind: MessageKind, bytes: number): void {
    this.sentBytes += bytes;
    const known = this.#sent.get(kind);
    if (known === undefined) this.#sent.set(kind, { messages: 1, bytes });
    else {
      known.messages++;
      known.bytes += bytes;
    }
  }

  /** By kind of message, in the order of their first sending. */
  get sentByKind(): Readonly<Record<string, KindTraffic>> {
    return Object.fromEntries([...this.#sent].map(([kind, traffic]) => [kind, { ...traffic }]));
  }
}
