/**
 * Decodes JPEG to the very pixels that Darknet sees. Decoders may differ by a level or three, and do; a
 * trained network turns that into some thousandths of probability, and a box near the threshold comes
 * or goes. Darknet decodes with stb_image, so this does what that does, in integers.
 *
 * Takes sequential and progressive Huffman-coded pictures of 8 bits, grey or of three components. What
 * is rarer, and what is damaged, is left to another decoder.
 */
import type { Picture } from '../../../runtime/frames/picture.ts';
import { type Frame, parseFrame } from './frame.ts';
import { HuffmanTable } from './huffman.ts';
import { type ColourModel, renderFrame } from './render.ts';
import { decodeScan, type ScanComponent } from './scan.ts';
import { check, Undecodable } from './undecodable.ts';
import { ZIGZAG } from './zigzag.ts';

/** Undefined for what this decoder does not take. */
export function decodeJpeg(bytes: Uint8Array): Picture | undefined {
  try {
    return new Decoder(bytes).decode();
  } catch (error) {
    if (error instanceof Undecodable) return undefined;
    throw error;
  }
}

class Decoder {
  readonly #bytes: Uint8Array;
  #position = 2;
  #frame: Frame | undefined;
  #restartInterval = 0;
  readonly #quantization: Uint16Array[] = [];
  readonly #dcTables: HuffmanTable[] = [];
  readonly #acTables: HuffmanTable[] = [];
  #jfif = false;
  #adobeTransform: number | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    check(bytes[0] === 0xff && bytes[1] === 0xd8, 'no JPEG');
  }

  decode(): Picture {
    for (let marker = this.#nextMarker(); marker !== 0xd9; marker = this.#nextMarker()) {
      const segment = this.#nextSegment();
      if (marker === 0xda) this.#scan(segment);
      else this.#note(marker, segment);
    }
    check(this.#frame !== undefined, 'no frame');
    const complete = this.#frame.components.every(({ quantization }) => quantization !== undefined);
    check(complete, 'a component without data');
    return renderFrame(this.#frame, this.#colours(this.#frame));
  }

  /** Goes over whatever stands before the next marker, as decoders do. */
  #nextMarker(): number {
    let at = this.#position;
    for (; at + 1 < this.#bytes.length; at++) {
      const next = this.#bytes[at + 1]!;
      if (this.#bytes[at] === 0xff && next !== 0 && next !== 0xff) break;
    }
    check(at + 1 < this.#bytes.length, 'no end marker');
    this.#position = at + 2;
    return this.#bytes[at + 1]!;
  }

  #nextSegment(): Uint8Array {
    const from = this.#position;
    check(from + 2 <= this.#bytes.length, 'a segment cut short');
    const length = this.#bytes[from]! * 256 + this.#bytes[from + 1]!;
    this.#position = from + length;
    check(length >= 2 && this.#position <= this.#bytes.length, 'a segment cut short');
    return this.#bytes.subarray(from + 2, this.#position);
  }

  #note(marker: number, segment: Uint8Array): void {
    switch (marker) {
      case 0xc0:
      case 0xc1:
      case 0xc2:
        check(this.#frame === undefined, 'a second frame');
        this.#frame = parseFrame(segment, marker === 0xc2, this.#bytes.length);
        break;
      case 0xc4:
        this.#huffmanTables(segment);
        break;
      case 0xdb:
        this.#quantizationTables(segment);
        break;
      case 0xdd:
        check(segment.length === 2, 'a restart interval of another length');
        this.#restartInterval = segment[0]! * 256 + segment[1]!;
        break;
      case 0xe0:
        this.#jfif ||= startsWith(segment, 'JFIF\0');
        break;
      case 0xee:
        if (startsWith(segment, 'Adobe') && segment.length >= 12)
          this.#adobeTransform = segment[11];
        break;
      default:
        // Other data of applications, and comments, are nothing to a decoder; other frames are.
        check(marker >= 0xe1, 'another kind of JPEG');
    }
  }

  #huffmanTables(segment: Uint8Array): void {
    for (let at = 0; at < segment.length; ) {
      const place = segment[at]!;
      const counts = segment.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const symbols = segment.subarray(at + 17, at + 17 + total);
      check(counts.length === 16 && symbols.length === total, 'a table cut short');
      check((place & 15) <= 3 && place >> 4 <= 1, 'a table that cannot be');
      const tables = place >> 4 === 0 ? this.#dcTables : this.#acTables;
      tables[place & 15] = new HuffmanTable(counts, symbols);
      at += 17 + total;
    }
  }

  #quantizationTables(segment: Uint8Array): void {
    for (let at = 0; at < segment.length; ) {
      const place = segment[at]!;
      const bytes = place >> 4 === 0 ? 1 : 2;
      check((place & 15) <= 3 && place >> 4 <= 1, 'a table that cannot be');
      check(at + 1 + 64 * bytes <= segment.length, 'a table cut short');
      const table = new Uint16Array(64);
      for (const [index, row] of ZIGZAG.entries()) {
        const from = at + 1 + index * bytes;
        table[row] = bytes === 1 ? segment[from]! : segment[from]! * 256 + segment[from + 1]!;
      }
      this.#quantization[place & 15] = table;
      at += 1 + 64 * bytes;
    }
  }

  #scan(segment: Uint8Array): void {
    const frame = this.#frame;
    check(frame !== undefined, 'a scan before its frame');
    const count = segment[0] ?? 0;
    check(count >= 1 && segment.length === 4 + 2 * count, 'a scan of another length than it says');
    const components = Array.from({ length: count }, (_, index): ScanComponent => {
      const [id, tables] = segment.subarray(1 + 2 * index);
      const component = frame.components.find((candidate) => candidate.id === id);
      check(component !== undefined, 'a scan of a component that is not there');
      component.quantization ??= this.#quantization[component.quantizationIndex];
      check(component.quantization !== undefined, 'a missing table');
      return { component, dc: this.#dcTables[tables! >> 4], ac: this.#acTables[tables! & 15] };
    });
    check(new Set(components.map(({ component }) => component)).size === count, 'a double');
    const [first, last, bits] = segment.subarray(1 + 2 * count) as unknown as [
      number,
      number,
      number,
    ];
    const scan = {
      components,
      first,
      last,
      highBit: bits >> 4,
      lowBit: bits & 15,
      restartInterval: this.#restartInterval,
    };
    if (frame.progressive) {
      const dcOnly = first === 0 && last === 0;
      check(dcOnly || (first >= 1 && first <= last && last < 64 && count === 1), 'no such band');
      check(scan.lowBit <= 13 && (scan.highBit === 0 || scan.highBit === scan.lowBit + 1), 'bits');
    }
    this.#position = decodeScan(frame, scan, this.#bytes, this.#position);
  }

  /** stb_image asks the components' names, then Adobe's marker unless there is a JFIF one. */
  #colours({ components }: Frame): ColourModel {
    const named = Buffer.from(components.map(({ id }) => id)).toString('latin1') === 'RGB';
    return named || (this.#adobeTransform === 0 && !this.#jfif) ? 'rgb' : 'ycbcr';
  }
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return Buffer.from(text, 'latin1').equals(segment.subarray(0, text.length));
}
