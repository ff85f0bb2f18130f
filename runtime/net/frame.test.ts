import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TilebedError } from '../errors.ts';
import { messageWithPayload } from '../testing/arbitrary-message.ts';
import { encodeHead, type Frame, FrameDecoder, type FrameLimits, HEADER_BYTES } from './frame.ts';
import { MESSAGES, type MessageKind } from './messages.ts';

const ANYTHING: FrameLimits = { allows: () => true, payloadBytes: 1000 };

function header({
  magic = 0x42_54,
  type = MESSAGES.result.type as number,
  reserved = 0,
  fieldBytes = 0,
  alsoReserved = 0,
  payloadBytes = 0,
} = {}): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16LE(magic, 0);
  bytes.writeUInt8(type, 2);
  bytes.writeUInt8(reserved, 3);
  bytes.writeUInt16LE(fieldBytes, 4);
  bytes.writeUInt16LE(alsoReserved, 6);
  bytes.writeUInt32LE(payloadBytes, 8);
  return bytes;
}

function encode({ message, payload }: Frame): Buffer {
  return Buffer.concat([encodeHead(message, payload.byteLength), payload]);
}

/** Pushes the stream in chunks that end at the given places. */
function decode(stream: Buffer, ends: readonly number[], limits = ANYTHING): Frame[] {
  const decoder = new FrameDecoder(limits);
  const frames: Frame[] = [];
  let from = 0;
  for (const to of [...new Set(ends), stream.length].sort((a, b) => a - b)) {
    frames.push(...decoder.push(Buffer.from(stream.subarray(from, to))));
    from = to;
  }
  return frames;
}

const plain = (frames: readonly Frame[]) =>
  frames.map(({ message, payload }) => ({ message, payload: [...payload] }));

test('however the stream is chopped, the same frames come out', () => {
  const frames = fc.array(messageWithPayload(200), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(2000), { maxLength: 30 }), (sent, places) => {
      const stream = Buffer.concat(sent.map(encode));
      const ends = places.filter((place) => place <= stream.length);
      expect(plain(decode(stream, ends))).toEqual(plain(sent));
    }),
    { numRuns: 300 },
  );
});

test('byte by byte, too', () => {
  fc.assert(
    fc.property(fc.array(messageWithPayload(50), { minLength: 1, maxLength: 3 }), (sent) => {
      const stream = Buffer.concat(sent.map(encode));
      const everywhere = Array.from(stream, (_, index) => index);
      expect(plain(decode(stream, everywhere))).toEqual(plain(sent));
    }),
    { numRuns: 50 },
  );
});

test('a frame is there with its last byte, and not before', () => {
  const stream = encode({
    message: { kind: 'result', source: 'edge0', frame: 1, tile: 2 },
    payload: Uint8Array.of(1, 2, 3, 4),
  });
  const decoder = new FrameDecoder(ANYTHING);
  expect([...decoder.push(stream.subarray(0, -1))]).toEqual([]);
  expect([...decoder.push(stream.subarray(-1))]).toHaveLength(1);
  const empty = encode({ message: { kind: 'welcome' }, payload: new Uint8Array(0) });
  expect([...decoder.push(empty)]).toHaveLength(1);
  expect([...decoder.push(Buffer.alloc(0))]).toEqual([]);
});

test('a payload starts its own memory, so that floats can be read in place', () => {
  const floats = Float32Array.of(1.5, -2.5);
  const payload = new Uint8Array(floats.buffer);
  const message = { kind: 'result', source: 'a', frame: 0, tile: 0 } as const;
  const [frame] = decode(encode({ message, payload }), [3, 17]);
  expect(frame!.payload.byteOffset).toBe(0);
  expect(new Float32Array(frame!.payload.buffer, 0, 2)).toEqual(floats);
});

describe('what is no frame', () => {
  const refused = (bytes: Buffer, limits = ANYTHING) => {
    try {
      for (const _ of new FrameDecoder(limits).push(bytes)) throw new Error('a frame came out');
    } catch (error) {
      if (error instanceof TilebedError && error.code === 'PROTOCOL') return error.message;
      throw error;
    }
    throw new Error('it was accepted');
  };

  test('an HTTP request, or another protocol', () => {
    expect(refused(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe(
      'what arrived is not a frame of tilebed',
    );
    expect(refused(Buffer.alloc(12))).toBe('what arrived is not a frame of tilebed');
    expect(refused(header({ magic: 0x54_42 }))).toBe('what arrived is not a frame of tilebed');
  });

  test('reserved bytes that are set', () => {
    expect(refused(header({ reserved: 1 }))).toBe('what arrived is not a frame of tilebed');
    expect(refused(header({ alsoReserved: 1 }))).toBe('what arrived is not a frame of tilebed');
  });

  test('an unknown type', () => {
    expect(refused(header({ type: 99 }))).toBe('a frame of type 99 is not allowed here');
  });

  test('a type that is not allowed now', () => {
    const hello: FrameLimits = {
      allows: (kind: MessageKind) => kind === 'hello',
      payloadBytes: 0,
    };
    expect(refused(header({ type: MESSAGES.stop.type }), hello)).toContain('not allowed here');
  });

  test('fields that are too long, or do not fit the type', () => {
    expect(refused(header({ fieldBytes: 1201 }))).toContain('claims 1201 bytes of fields');
    const tooShort = Buffer.concat([header({ fieldBytes: 2 }), Buffer.of(0, 0)]);
    expect(refused(tooShort)).toContain('a result message needs more than 2 bytes');
    expect(refused(header({ type: MESSAGES.heartbeat.type }))).toContain('needs more than 0');
  });

  test('more payload than the type may carry, or than the receiver wants', () => {
    const heartbeat = header({ type: MESSAGES.heartbeat.type, payloadBytes: 1 });
    expect(refused(heartbeat)).toContain('1 of payload; at most 0 are allowed');
    expect(refused(header({ payloadBytes: 1001 }))).toContain('at most 1000 are allowed');
    const generous = { ...ANYTHING, payloadBytes: Number.POSITIVE_INFINITY };
    expect(refused(header({ payloadBytes: 2 ** 28 + 1 }), generous)).toContain('268435456');
  });

  test('4 GiB, which are refused by their claim, with no memory taken', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 1000; round++) {
      refused(header({ payloadBytes: 2 ** 32 - 1, fieldBytes: 12 }));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});

test('random bytes give frames or a protocol error, nothing else', () => {
  const noise = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes));
  const almost = fc
    .tuple(fc.nat(30), fc.nat(40), fc.nat(40), fc.uint8Array({ maxLength: 90 }))
    .map(([type, fieldBytes, payloadBytes, rest]) =>
      Buffer.concat([header({ type, fieldBytes, payloadBytes }), rest]),
    );
  const damaged = fc
    .tuple(fc.array(messageWithPayload(40), { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255))
    .map(([sent, place, value]) => {
      const stream = Buffer.concat(sent.map(encode));
      stream[place % stream.length] = value;
      return stream;
    });
  fc.assert(
    fc.property(fc.oneof(noise, almost, damaged), fc.nat(120), (stream, cut) => {
      try {
        const places = cut < stream.length ? [cut] : [];
        for (const { message } of decode(stream, places))
          expect(message.kind in MESSAGES).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: 'TilebedError', code: 'PROTOCOL' });
      }
    }),
    { numRuns: 10_000 },
  );
});

test('a sender that would break the table is stopped before it sends', () => {
  expect(() => encodeHead({ kind: 'start' }, 1)).toThrow('start carries no 1 bytes');
});
