/** A connection without a network: what one end writes the other reads, in chunks of any size. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Bytes that may lie between two ends before the writer is held back, as in a system's buffers. */
const BETWEEN_BYTES = 4096;

class MemoryEnd extends Duplex {
  other: MemoryEnd | undefined;
  readonly #nextChunkBytes: () => number;
  #rest: Buffer = Buffer.alloc(0);
  #taken: (() => void) | undefined;
  #ended = false;

  constructor(nextChunkBytes: () => number) {
    super({ highWaterMark: BETWEEN_BYTES, allowHalfOpen: false });
    this.#nextChunkBytes = nextChunkBytes;
  }

  setNoDelay(): this {
    return this;
  }

  receive(bytes: Buffer, taken: () => void): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    this.#taken = taken;
    this.#hand();
  }

  receiveEnd(): void {
    this.#ended = true;
    this.#hand();
  }

  #hand(): void {
    while (this.#rest.length > 0) {
      const count = Math.min(this.#rest.length, Math.max(1, this.#nextChunkBytes()));
      const chunk = Buffer.from(this.#rest.subarray(0, count));
      this.#rest = this.#rest.subarray(count);
      if (!this.push(chunk)) return;
    }
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
    if (this.#ended) this.push(null);
  }

  override _read(): void {
    this.#hand();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => {
      if (this.other === undefined || this.other.destroyed) done();
      else this.other.receive(chunk, done);
    });
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.other?.receiveEnd();
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    this.other = undefined;
    const inOrder = this.writableFinished && this.readableEnded;
    setImmediate(() => {
      this.#taken?.();
      if (!inOrder && other?.destroyed === false) other.destroy(new Error('connection reset'));
    });
    done(error);
  }
}

/** Two ends; `nextChunkBytes` says how much a reader is given at a time. */
export function memorySockets(nextChunkBytes: () => number): readonly [Socket, Socket] {
  const [near, far] = [new MemoryEnd(nextChunkBytes), new MemoryEnd(nextChunkBytes)];
  near.other = far;
  far.other = near;
  return [near as unknown as Socket, far as unknown as Socket];
}
