/**
 * One connection to a peer: frames out with backpressure, frames in one at a time. A handler that
 * returns a promise holds back reading until it is done, so that a slow receiver slows its sender
 * instead of filling memory.
 */
import type { Socket } from 'node:net';
import { monotonicMs } from '../clock.ts';
import { TilebedError } from '../errors.ts';
import { encodeHead, type Frame, FrameDecoder, type FrameLimits, type Transfer } from './frame.ts';
import type { Message } from './messages.ts';
import { OUTBOX_LIMITS, Outbox, type OutboxLimits } from './outbox.ts';
import type { Traffic } from './traffic.ts';

/** For the last words to arrive, and for the peer to hang up. */
const LEAVE_MS = 2000;
const NO_PAYLOAD = new Uint8Array(0);

export interface SessionHandlers {
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  /** Called once; `error` tells why where it was not an orderly end. */
  readonly onClose: (error: Error | undefined) => void;
  /** Something has come, be it the middle of a message: whoever sends one for long lives all the while. */
  readonly onBytes?: () => void;
}

export class PeerSession {
  readonly #socket: Socket;
  readonly #decoder: FrameDecoder;
  readonly #traffic: Traffic;
  readonly #outbox: Outbox;
  #handlers: SessionHandlers | undefined;
  #queue: Frame[] = [];
  /** The payload that is under way: what was missing after its first chunk, and when that came. */
  #incoming: { readonly bytes: number; readonly begun: number } | undefined;
  #delivering = false;
  #closed = false;
  #toldClosed = false;
  #error: Error | undefined;

  constructor(
    socket: Socket,
    limits: FrameLimits,
    traffic: Traffic,
    outboxLimits: OutboxLimits = OUTBOX_LIMITS,
  ) {
    this.#socket = socket;
    this.#decoder = new FrameDecoder(limits);
    this.#traffic = traffic;
    this.#outbox = new Outbox(socket, outboxLimits, (error) => this.destroy(error));
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('close', () => this.#onClose());
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get closed(): boolean {
    return this.#closed;
  }

  setLimits(limits: FrameLimits): void {
    this.#decoder.limits = limits;
  }

  /** Whoever handles frames from now on; frames that nobody handled yet are kept for it. */
  handle(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    this.#deliver();
  }

  /** Nobody handles frames until `handle` is called again. */
  hold(): void {
    this.#handlers = undefined;
  }

  /**
   * Sends a message. Resolves when the connection takes more, or is closed: a peer that is gone is
   * told through `onClose`, once, and not by every message that it misses. One that does not read
   * what it is sent is hung up on (see Outbox).
   */
  async send(message: Message, payload: Uint8Array = NO_PAYLOAD): Promise<void> {
    if (this.#closed || this.#socket.destroyed) return;
    const head = encodeHead(message, payload.byteLength);
    this.#traffic.noteSent(message.kind, head.length + payload.byteLength);
    await this.#outbox.push(head, payload);
  }

  /** Ends in order: what was sent still arrives. */
  end(): void {
    this.#outbox.end();
  }

  /** Ends in order, and for good: a peer that does not hang up in turn is not waited for. */
  takeLeave(): void {
    this.end();
    const timer = setTimeout(() => this.destroy(), LEAVE_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Ends at once; with an error, what had come already is not handled any more. */
  destroy(error?: Error): void {
    this.#error ??= error;
    if (error !== undefined) this.#queue = [];
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#traffic.receivedBytes += chunk.length;
    this.#handlers?.onBytes?.();
    try {
      for (const frame of this.#decoder.push(chunk)) this.#queue.push(this.#withTransfer(frame));
      const bytes = this.#decoder.missingBytes;
      if (bytes > 0 && this.#incoming === undefined) {
        this.#incoming = { bytes, begun: this.#traffic.clock.begin(monotonicMs()) };
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new TilebedError('PROTOCOL', String(error)));
      return;
    }
    this.#deliver();
  }

  #withTransfer(frame: Frame): Frame {
    const transfer = this.#endTransfer();
    return transfer === undefined ? frame : { ...frame, transfer };
  }

  #endTransfer(): Transfer | undefined {
    if (this.#incoming === undefined) return undefined;
    const { bytes, begun } = this.#incoming;
    this.#incoming = undefined;
    return { bytes, ms: this.#traffic.clock.end(monotonicMs(), begun) };
  }

  #deliver(): void {
    if (this.#delivering) {
      this.#socket.pause();
      return;
    }
    while (this.#handlers !== undefined) {
      const frame = this.#queue.shift();
      if (frame === undefined) break;
      const pending = this.#handleOne(frame, this.#handlers);
      if (pending === undefined) continue;
      this.#delivering = true;
      this.#socket.pause();
      void pending.then(() => {
        this.#delivering = false;
        this.#deliver();
      });
      return;
    }
    if (this.#queue.length > 0) this.#socket.pause();
    else if (this.#closed) this.#tellClosed();
    else this.#socket.resume();
  }

  #handleOne(frame: Frame, handlers: SessionHandlers): Promise<void> | undefined {
    try {
      return handlers.onFrame(frame)?.catch((error: Error) => this.destroy(error));
    } catch (error) {
      this.destroy(error as Error);
      return undefined;
    }
  }

  #onClose(): void {
    this.#closed = true;
    this.#endTransfer();
    // Who broke the protocol is not listened to any more; who left in order is heard out.
    if (this.#error !== undefined) this.#queue = [];
    if (!this.#delivering) this.#deliver();
  }

  #tellClosed(): void {
    const handlers = this.#handlers;
    if (handlers === undefined || this.#toldClosed) return;
    this.#toldClosed = true;
    handlers.onClose(this.#error);
  }
}
