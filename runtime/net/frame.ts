/**
 * Frames on the wire. A header of 12 bytes, little-endian, then the message's fields, then its
 * payload as raw bytes:
 *
 *   0      2      3      4             6             8                    12
 *   ┌──────┬──────┬──────┬─────────────┬─────────────┬────────────────────┐
 *   │ 'TB' │ type │  0   │ field bytes │      0      │   payload bytes    │
 *   └──────┴──────┴──────┴─────────────┴─────────────┴────────────────────┘
 *
 * Every length is checked against the message table before memory is taken.
 */
import { TilebedError } from '../errors.ts';
import {
  decodeFields,
  encodeFields,
  hasLists,
  MESSAGES,
  type Message,
  type MessageKind,
  messageKind,
} from './messages.ts';

export const HEADER_BYTES = 12;
const MAGIC = 0x42_54;
/** The largest possible set of fields: a few texts and numbers, */
const MAX_FIELD_BYTES = 1200;
/** or lists of them. */
const MAX_LIST_BYTES = 20_000;

export interface Frame {
  readonly message: Message;
  /** At the start of its own ArrayBuffer, so that floats can be read in place. */
  readonly payload: Uint8Array;
  /** Of a payload that came in several chunks. */
  readonly transfer?: Transfer;
}

/** How fast a payload came: what was missing after its first chunk, and how long that would have taken alone. */
export interface Transfer {
  readonly bytes: number;
  readonly ms: number;
}

/** Header and fields; the payload follows as it lies in memory. */
export function encodeHead(message: Message, payloadBytes: number): Buffer {
  const fields = encodeFields(message);
  const row = MESSAGES[message.kind];
  if (payloadBytes > row.payload)
    throw new Error(`${message.kind} carries no ${payloadBytes} bytes`);
  const head = Buffer.alloc(HEADER_BYTES + fields.length);
  head.writeUInt16LE(MAGIC, 0);
  head.writeUInt8(row.type, 2);
  head.writeUInt16LE(fields.length, 4);
  head.writeUInt32LE(payloadBytes, 8);
  fields.copy(head, HEADER_BYTES);
  return head;
}

/** What a connection may carry in its present state. */
export interface FrameLimits {
  allows(kind: MessageKind): boolean;
  /** Lowers the table's limit, where the receiver knows how large its tensors are. */
  readonly payloadBytes: number;
  /** Throws where a message may not carry so many bytes; asked before memory is taken for them. */
  checks?(message: Message, payloadBytes: number): void;
}

type Expected =
  | { readonly part: 'header' }
  | { readonly part: 'fields'; readonly kind: MessageKind; readonly payloadBytes: number }
  | { readonly part: 'payload'; readonly message: Message };

/** Turns a stream of chunks into frames. After an error it must not be used again. */
export class FrameDecoder {
  limits: FrameLimits;
  #expected: Expected = { part: 'header' };
  #buffer: Buffer = Buffer.alloc(HEADER_BYTES);
  #filled = 0;

  constructor(limits: FrameLimits) {
    this.limits = limits;
  }

  /** Bytes of the payload that has begun to come and is not complete. */
  get missingBytes(): number {
    return this.#expected.part === 'payload' ? this.#buffer.length - this.#filled : 0;
  }

  /** Yields each frame that the chunk completes. Throws a TilebedError (PROTOCOL) on anything else. */
  *push(chunk: Buffer): Generator<Frame> {
    let at = 0;
    for (;;) {
      const count = Math.min(chunk.length - at, this.#buffer.length - this.#filled);
      chunk.copy(this.#buffer, this.#filled, at, at + count);
      at += count;
      this.#filled += count;
      if (this.#filled < this.#buffer.length) return;
      const frame = this.#complete();
      if (frame !== undefined) yield frame;
      if (at === chunk.length && this.#buffer.length > 0) return;
    }
  }

  #complete(): Frame | undefined {
    const expected = this.#expected;
    switch (expected.part) {
      case 'header': {
        const { kind, fieldBytes, payloadBytes } = this.#readHeader();
        this.#expect({ part: 'fields', kind, payloadBytes }, fieldBytes);
        return undefined;
      }
      case 'fields': {
        const message = decodeFields(expected.kind, this.#buffer);
        this.limits.checks?.(message, expected.payloadBytes);
        this.#expect({ part: 'payload', message }, expected.payloadBytes);
        return undefined;
      }
      case 'payload': {
        const frame = { message: expected.message, payload: this.#buffer };
        this.#expect({ part: 'header' }, HEADER_BYTES);
        return frame;
      }
      default:
        return expected satisfies never;
    }
  }

  #expect(expected: Expected, bytes: number): void {
    this.#expected = expected;
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#filled = 0;
  }

  #readHeader(): { kind: MessageKind; fieldBytes: number; payloadBytes: number } {
    const header = this.#buffer;
    if (header.readUInt16LE(0) !== MAGIC || header[3] !== 0 || header.readUInt16LE(6) !== 0) {
      throw new TilebedError('PROTOCOL', 'what arrived is not a frame of tilebed');
    }
    const kind = messageKind(header.readUInt8(2));
    if (kind === undefined || !this.limits.allows(kind)) {
      throw new TilebedError('PROTOCOL', `a frame of type ${header[2]} is not allowed here`);
    }
    const fieldBytes = header.readUInt16LE(4);
    const payloadBytes = header.readUInt32LE(8);
    const limit = Math.min(MESSAGES[kind].payload, this.limits.payloadBytes);
    const fieldLimit = hasLists(kind) ? MAX_LIST_BYTES : MAX_FIELD_BYTES;
    if (fieldBytes > fieldLimit || payloadBytes > limit) {
      throw new TilebedError(
        'PROTOCOL',
        `a ${kind} frame claims ${fieldBytes} bytes of fields and ${payloadBytes} of payload; at most ${limit} are allowed`,
      );
    }
    return { kind, fieldBytes, payloadBytes };
  }
}
