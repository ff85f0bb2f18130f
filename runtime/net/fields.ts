/** How a message's fields lie on the wire, little-endian, each type in one place. */

/**
 * `prose` is a text for people: it is cut where it is too long, while a `text` must not be. `numbers`
 * and `texts` are lists: of integers of 16 bits, and of texts, behind their count.
 */
export type FieldType = 'u8' | 'u16' | 'u32' | 'f64' | 'text' | 'prose' | 'numbers' | 'texts';

export type FieldValue<Type> = Type extends 'text' | 'prose'
  ? string
  : Type extends 'numbers'
    ? readonly number[]
    : Type extends 'texts'
      ? readonly string[]
      : number;

const INTEGER_BYTES = { u8: 1, u16: 2, u32: 4 } as const;
const MAX_TEXT_BYTES = 255;
export const MAX_NUMBERS = 8000;

export function encodeField(type: FieldType, value: FieldValue<FieldType>, name: string): Buffer {
  switch (type) {
    case 'text':
    case 'prose':
      return encodeText(
        type === 'prose' ? cutProse(String(value)) : Buffer.from(String(value)),
        name,
      );
    case 'numbers': {
      const numbers = value as readonly number[];
      if (numbers.length > MAX_NUMBERS)
        throw new Error(`${name} has more than ${MAX_NUMBERS} numbers`);
      const buffer = Buffer.alloc(2 + 2 * numbers.length);
      buffer.writeUInt16LE(numbers.length, 0);
      for (const [index, number] of numbers.entries()) buffer.writeUInt16LE(number, 2 + 2 * index);
      return buffer;
    }
    case 'texts': {
      const texts = value as readonly string[];
      return Buffer.concat([
        encodeField('u8', texts.length, name),
        ...texts.map((text) => encodeText(Buffer.from(text), name)),
      ]);
    }
    case 'f64': {
      const buffer = Buffer.alloc(8);
      buffer.writeDoubleLE(Number(value));
      return buffer;
    }
    default: {
      const buffer = Buffer.alloc(INTEGER_BYTES[type]);
      buffer.writeUIntLE(Number(value), 0, INTEGER_BYTES[type]);
      return buffer;
    }
  }
}

export class FieldReader {
  readonly #bytes: Buffer;
  readonly #malformed: (problem: string) => Error;
  #at = 0;

  /** @param malformed makes the error that is thrown where the bytes do not fit */
  constructor(bytes: Buffer, malformed: (problem: string) => Error) {
    this.#bytes = bytes;
    this.#malformed = malformed;
  }

  read(type: FieldType, name: string): FieldValue<FieldType> {
    switch (type) {
      case 'text':
      case 'prose':
        return this.#text();
      case 'numbers': {
        const count = this.#integer(2);
        const start = this.#take(2 * count);
        return Array.from({ length: count }, (_, index) =>
          this.#bytes.readUInt16LE(start + 2 * index),
        );
      }
      case 'texts':
        return Array.from({ length: this.#integer(1) }, () => this.#text());
      case 'f64': {
        const value = this.#bytes.readDoubleLE(this.#take(8));
        if (!Number.isFinite(value)) throw this.#malformed(`${name} is not a number`);
        return value;
      }
      default:
        return this.#integer(INTEGER_BYTES[type]);
    }
  }

  /** Throws where bytes are left. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw this.#malformed(`has ${left} bytes too many`);
  }

  #integer(size: number): number {
    return this.#bytes.readUIntLE(this.#take(size), size);
  }

  #text(): string {
    const length = this.#integer(1);
    const start = this.#take(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  #take(count: number): number {
    if (this.#at + count > this.#bytes.length) {
      throw this.#malformed(`needs more than ${this.#bytes.length} bytes`);
    }
    this.#at += count;
    return this.#at - count;
  }
}

function encodeText(text: Buffer, name: string): Buffer {
  if (text.length > MAX_TEXT_BYTES) {
    throw new Error(`${name} is longer than ${MAX_TEXT_BYTES} bytes`);
  }
  return Buffer.concat([Buffer.of(text.length), text]);
}

/** As many whole characters as fit. */
function cutProse(prose: string): Buffer {
  const bytes = Buffer.from(prose);
  let end = Math.min(bytes.length, MAX_TEXT_BYTES);
  // In UTF-8 all but a character's first byte begin with the bits 10.
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
