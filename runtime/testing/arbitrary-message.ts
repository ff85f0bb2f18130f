/** Any message that a peer may send, made from the table itself, so that a new row is tested at once. */
import fc from 'fast-check';
import { MESSAGES, type Message, type MessageKind } from '../net/messages.ts';

export const MESSAGE_KINDS = Object.keys(MESSAGES) as MessageKind[];

const text = fc
  .string({ unit: 'binary', maxLength: 80 })
  .filter((value) => Buffer.byteLength(value) <= 255);

const FIELDS = {
  u8: fc.integer({ min: 0, max: 2 ** 8 - 1 }),
  u16: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  f64: fc.double({ noNaN: true, noDefaultInfinity: true }),
  text,
  prose: text,
  numbers: fc.array(fc.integer({ min: 0, max: 2 ** 16 - 1 }), { maxLength: 50 }),
  texts: fc.array(text, { maxLength: 5 }),
} as const;

export function messageOf(kind: MessageKind): fc.Arbitrary<Message> {
  const fields = Object.entries(MESSAGES[kind].fields).map(
    ([name, type]) => [name, FIELDS[type as keyof typeof FIELDS]] as const,
  );
  return fc
    .record({ kind: fc.constant(kind), ...Object.fromEntries(fields) })
    .map((message) => ({ ...message }) as unknown as Message);
}

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...MESSAGE_KINDS.map(messageOf));

/** A message with as many bytes of payload as its kind may carry, up to `payloadBytes`. */
export function messageWithPayload(payloadBytes: number) {
  return anyMessage.chain((message) => {
    const most = Math.min(payloadBytes, MESSAGES[message.kind].payload);
    return fc.record({
      message: fc.constant(message),
      payload: fc.uint8Array({ minLength: 0, maxLength: most }),
    });
  });
}
