import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TilebedError } from '../errors.ts';
import { MESSAGE_KINDS, messageOf } from '../testing/arbitrary-message.ts';
import {
  decodeFields,
  encodeFields,
  MESSAGES,
  type Message,
  messageKind,
  messageTable,
} from './messages.ts';

describe.each(MESSAGE_KINDS)('%s', (kind) => {
  test('comes back as it went', () => {
    fc.assert(
      fc.property(messageOf(kind), (message) => {
        expect(decodeFields(kind, encodeFields(message))).toEqual(message);
      }),
      { numRuns: 60 },
    );
  });

  test('with a byte too few or too many is refused', () => {
    fc.assert(
      fc.property(messageOf(kind), (message) => {
        const bytes = encodeFields(message);
        const longer = Buffer.concat([bytes, Buffer.of(0)]);
        expect(() => decodeFields(kind, longer)).toThrow(`a ${kind} message`);
        if (bytes.length === 0) return;
        expect(() => decodeFields(kind, bytes.subarray(0, -1))).toThrow(TilebedError);
      }),
      { numRuns: 20 },
    );
  });

  test('has a number of its own', () => {
    expect(messageKind(MESSAGES[kind].type)).toBe(kind);
  });
});

test('whatever the bytes, decoding gives a message or a protocol error', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.constantFrom(...MESSAGE_KINDS), bytes, (kind, data) => {
      let message: Message;
      try {
        message = decodeFields(kind, data);
      } catch (error) {
        expect(error).toMatchObject({ name: 'TilebedError', code: 'PROTOCOL' });
        return;
      }
      expect(message.kind).toBe(kind);
    }),
    { numRuns: 5000 },
  );
});

test('a time that is no number is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const bytes = encodeFields({ kind: 'heartbeat', sentAtMs: value });
    expect(() => decodeFields('heartbeat', bytes)).toThrow('sentAtMs is not a number');
  }
});

test('a text of 255 bytes is the longest', () => {
  const longest = 'x'.repeat(255);
  expect(encodeFields({ kind: 'edgeLost', name: longest })).toHaveLength(256);
  expect(() => encodeFields({ kind: 'edgeLost', name: `${longest}x` })).toThrow('longer than 255');
});

test('a reason that is too long is cut between two characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (reason) => {
      const bytes = encodeFields({ kind: 'refused', reason });
      expect(bytes.length).toBeLessThanOrEqual(256);
      const cut = decodeFields('refused', bytes);
      if (cut.kind !== 'refused') throw new Error(cut.kind);
      expect(reason.startsWith(cut.reason)).toBe(true);
      const next = [...reason.slice(cut.reason.length)][0];
      if (next !== undefined) {
        expect(Buffer.byteLength(cut.reason) + Buffer.byteLength(next)).toBeGreaterThan(255);
      }
    }),
  );
});

test('numbers on the wire are little-endian, in the order of the table', () => {
  const bytes = encodeFields({ kind: 'tileDone', frame: 0x01020304, tile: 5 });
  expect([...bytes]).toEqual([4, 3, 2, 1, 5, 0, 0, 0]);
});

test('types are unique and fit a byte', () => {
  const types = Object.values(MESSAGES).map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect(types.every((type) => Number.isInteger(type) && type > 0 && type < 256)).toBe(true);
  expect(messageKind(0)).toBeUndefined();
  expect(messageKind(255)).toBeUndefined();
});

test('the table as Markdown has a row for each', () => {
  const lines = messageTable().split('\n');
  expect(lines).toHaveLength(2 + MESSAGE_KINDS.length);
  expect(lines).toContain(
    "| 16 | result | source text, frame u32, tile u32 | up to 256 MiB | a tile's output |",
  );
});
