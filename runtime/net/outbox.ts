/**
 * What is on its way out of one connection, in the order in which it was given. Payloads leave in
 * pieces, each when the system has taken the one before: what TLS copies is one piece, and a peer that
 * takes nothing shows. How much may wait is bounded, whether senders wait for it or not.
 */
import type { Socket } from 'node:net';
import { TilebedError } from '../errors.ts';

const PIECE_BYTES = 256 * 1024;
/** Behind the message that is leaving: room for a tile or two of the largest map of YOLOv2. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;
/** A message that waits is an object too, however few its bytes. */
const MESSAGE_OVERHEAD_BYTES = 256;
/** Less than a slow link needs for a piece would end connections that only are slow. */
const STALLED_AFTER_MS = 10_000;

/** How patient a connection is with its peer. */
export interface OutboxLimits {
  /** Bytes that may wait behind the message that is leaving. */
  readonly waitingBytes: number;
  /** A peer that takes nothing for so long is given up. */
  readonly stalledAfterMs: number;
}

export const OUTBOX_LIMITS: OutboxLimits = {
  waitingBytes: MAX_WAITING_BYTES,
  stalledAfterMs: STALLED_AFTER_MS,
};

interface Waiting {
  readonly bytes: Uint8Array;
  /** Of a message's last part. */
  readonly sent?: () => void;
}

export class Outbox {
  readonly #socket: Socket;
  readonly #limits: OutboxLimits;
  readonly #giveUp: (error: TilebedError) => void;
  #parts: Waiting[] = [];
  #waitingBytes = 0;
  /** Senders whose message has left, while the system takes no more. */
  #untilDrained: (() => void)[] = [];
  #blocked = false;
  #ending = false;
  #stallTimer: NodeJS.Timeout | undefined;
  #blockedSinceMs = 0;

  /** @param giveUp ends the connection: the peer does not take what it is sent */
  constructor(socket: Socket, limits: OutboxLimits, giveUp: (error: TilebedError) => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#giveUp = giveUp;
    socket.on('drain', () => this.#onDrain());
    socket.on('close', () => this.#onClose());
  }

  /**
   * Resolves when the connection takes more, or is closed. The payload must not change until then.
   * Behind an end nothing leaves any more: a write would break the connection, and what was sent before
   * the end would not arrive.
   */
  push(head: Uint8Array, payload: Uint8Array): Promise<void> {
    if (this.#ending) return Promise.resolve();
    if (this.#parts.length > 0 && this.#waitingBytes > this.#limits.waitingBytes) {
      const mebibytes = (this.#waitingBytes / 2 ** 20).toFixed(1);
      this.#giveUp(new TilebedError('FAILED', `${mebibytes} MiB wait for a peer that is too slow`));
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      if (payload.byteLength > 0) this.#parts.push({ bytes: head });
      for (let at = 0; at < payload.byteLength - PIECE_BYTES; at += PIECE_BYTES) {
        this.#parts.push({ bytes: payload.subarray(at, at + PIECE_BYTES) });
      }
      const rest = payload.byteLength % PIECE_BYTES || Math.min(payload.byteLength, PIECE_BYTES);
      const last = payload.byteLength > 0 ? payload.subarray(payload.byteLength - rest) : head;
      this.#parts.push({ bytes: last, sent: resolve });
      this.#waitingBytes += head.byteLength + payload.byteLength + MESSAGE_OVERHEAD_BYTES;
      this.#flush();
    });
  }

  /** Ends the connection in order, behind all that waits. */
  end(): void {
    this.#ending = true;
    this.#flush();
  }

  #flush(): void {
    if (this.#blocked) return;
    this.#socket.cork();
    while (!this.#blocked) {
      const part = this.#parts.shift();
      if (part === undefined) break;
      this.#waitingBytes -= part.bytes.byteLength;
      this.#blocked = !this.#socket.write(part.bytes);
      if (part.sent === undefined) continue;
      this.#waitingBytes -= MESSAGE_OVERHEAD_BYTES;
      if (this.#blocked) this.#untilDrained.push(part.sent);
      else part.sent();
    }
    this.#socket.uncork();
    if (this.#blocked) this.#watch();
    if (this.#ending && this.#parts.length === 0) this.#socket.end();
  }

  #onDrain(): void {
    this.#blocked = false;
    clearTimeout(this.#stallTimer);
    for (const sent of this.#untilDrained.splice(0)) sent();
    this.#flush();
  }

  #watch(): void {
    const { stalledAfterMs } = this.#limits;
    this.#blockedSinceMs = performance.now();
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(() => {
      // After an end nobody hears of a drain any more.
      if (this.#socket.writableLength === 0) return;
      // Whoever was itself held up does not know how long the peer has really taken nothing.
      const heldUp = performance.now() - this.#blockedSinceMs > 1.5 * stalledAfterMs;
      if (heldUp) return this.#watch();
      this.#giveUp(new TilebedError('FAILED', `the peer took nothing for ${stalledAfterMs} ms`));
    }, stalledAfterMs).unref();
  }

  #onClose(): void {
    clearTimeout(this.#stallTimer);
    const left = [...this.#untilDrained, ...this.#parts.map(({ sent }) => sent)];
    this.#parts = [];
    this.#untilDrained = [];
    this.#waitingBytes = 0;
    for (const sent of left) sent?.();
  }
}
