/** Huffman codes of a JPEG, and the reader of its entropy-coded bits (ITU-T T.81, annexes C and F.2.2). */
import { check } from './undecodable.ts';

/** Codes up to so many bits are found in one step. */
const FAST_BITS = 9;

export class HuffmanTable {
  readonly symbols: Uint8Array;
  /** By the next FAST_BITS bits: length · 256 + symbol; 0 for a longer code. */
  readonly fast = new Uint16Array(1 << FAST_BITS);
  /** By length: one past its last code, moved up to 16 bits. */
  readonly limits = new Int32Array(18);
  /** By length: what takes a code to the place of its symbol. */
  readonly offsets = new Int32Array(17);

  /** @param counts how many codes there are of 1 to 16 bits */
  constructor(counts: Uint8Array, symbols: Uint8Array) {
    this.symbols = symbols;
    let code = 0;
    let place = 0;
    for (let length = 1; length <= 16; length++) {
      this.offsets[length] = place - code;
      for (let index = 0; index < counts[length - 1]!; index++, code++, place++) {
        check(code < 1 << length, 'more codes than bits can tell apart');
        if (length <= FAST_BITS) {
          const spare = FAST_BITS - length;
          const entry = (length << 8) | symbols[place]!;
          this.fast.fill(entry, code << spare, (code + 1) << spare);
        }
      }
      this.limits[length] = code << (16 - length);
      code <<= 1;
    }
    this.limits[17] = 2 ** 31 - 1;
  }
}

export class BitReader {
  /** Of the next byte to take up, or of the marker that ends the data. */
  position: number;
  readonly #bytes: Uint8Array;
  /** Bits taken up, the next one highest. */
  #bits = 0;
  #count = 0;
  /** How many of the last bits were made up after the end of the data. */
  #madeUp = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#takeUp();
    const fast = table.fast[this.#bits >>> (32 - FAST_BITS)]!;
    if (fast !== 0) {
      this.#drop(fast >> 8);
      return fast & 255;
    }
    const next = this.#bits >>> 16;
    let length = FAST_BITS + 1;
    while (next >= table.limits[length]!) length++;
    check(length <= 16, 'a code that no table has');
    this.#drop(length);
    return table.symbols[(next >>> (16 - length)) + table.offsets[length]!]!;
  }

  /** An unsigned number of 0 to 16 bits. */
  number(bits: number): number {
    if (bits === 0) return 0;
    if (this.#count < bits) this.#takeUp();
    const value = this.#bits >>> (32 - bits);
    this.#drop(bits);
    return value;
  }

  /** A signed one, as T.81 writes them: the highest bit tells the sign, and 0 has no bits (F.12). */
  signed(bits: number): number {
    const value = this.number(bits);
    return bits > 0 && value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  checkNotPastEnd(): void {
    check(this.#count >= this.#madeUp, 'the data end early');
  }

  /** Goes over the restart marker that must stand here. */
  restart(): void {
    this.checkNotPastEnd();
    while (this.#bytes[this.position] === 0xff && this.#bytes[this.position + 1] === 0xff) {
      this.position++;
    }
    const marker = this.#bytes[this.position + 1] ?? 0;
    const found = this.#bytes[this.position] === 0xff && marker >= 0xd0 && marker <= 0xd7;
    check(found, 'no restart marker where one is due');
    this.position += 2;
    this.#bits = 0;
    this.#count = 0;
    this.#madeUp = 0;
  }

  #drop(bits: number): void {
    this.#bits <<= bits;
    this.#count -= bits;
  }

  #takeUp(): void {
    while (this.#count <= 24) {
      const byte = this.#bytes[this.position];
      const marker = byte === 0xff && this.#bytes[this.position + 1] !== 0;
      if (byte === undefined || marker) {
        this.#madeUp += 8;
      } else {
        this.#bits |= byte << (24 - this.#count);
        // A byte of ones is followed by a zero that means nothing.
        this.position += byte === 0xff ? 2 : 1;
      }
      this.#count += 8;
    }
  }
}
