/** Decodes one scan into coefficients: sequential (T.81, F.2) or progressive (G.2) ones. */
import type { Component, Frame } from './frame.ts';
import { BitReader, type HuffmanTable } from './huffman.ts';
import { check } from './undecodable.ts';
import { ZIGZAG } from './zigzag.ts';

export interface ScanComponent {
  readonly component: Component;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

export interface Scan {
  readonly components: readonly ScanComponent[];
  /** First and last coefficient, in zigzag order. */
  readonly first: number;
  readonly last: number;
  /** Progressive: bits that earlier scans have left out, and that this one leaves out. */
  readonly highBit: number;
  readonly lowBit: number;
  /** Units between restart markers; 0 for none. */
  readonly restartInterval: number;
}

/** Returns the position behind the scan's data. */
export function decodeScan(frame: Frame, scan: Scan, bytes: Uint8Array, position: number): number {
  const decoder = new ScanDecoder(frame, scan, new BitReader(bytes, position));
  return decoder.decode();
}

class ScanDecoder {
  readonly #frame: Frame;
  readonly #scan: Scan;
  readonly #bits: BitReader;
  /** By component of the scan: the last DC value. */
  readonly #predictions: Int32Array;
  /** Blocks to come that have nothing more in this scan. */
  #endOfBandRun = 0;

  constructor(frame: Frame, scan: Scan, bits: BitReader) {
    this.#frame = frame;
    this.#scan = scan;
    this.#bits = bits;
    this.#predictions = new Int32Array(scan.components.length);
  }

  decode(): number {
    const { components, restartInterval } = this.#scan;
    const { columns, rows } = this.#units();
    for (let unit = 0; unit < columns * rows; unit++) {
      if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) this.#restart();
      const row = Math.floor(unit / columns);
      const column = unit % columns;
      if (components.length === 1) this.#block(0, column, row);
      else this.#interleavedUnit(column, row);
      this.#bits.checkNotPastEnd();
    }
    return this.#bits.position;
  }

  /** A scan of one component has its own blocks one by one, without those that only fill up units. */
  #units(): { columns: number; rows: number } {
    const { components } = this.#scan;
    if (components.length > 1) {
      return { columns: this.#frame.unitColumns, rows: this.#frame.unitRows };
    }
    const { width, height } = components[0]!.component;
    return { columns: Math.ceil(width / 8), rows: Math.ceil(height / 8) };
  }

  #interleavedUnit(column: number, row: number): void {
    for (const [index, { component }] of this.#scan.components.entries()) {
      const { across, down } = component;
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < across; x++) this.#block(index, column * across + x, row * down + y);
      }
    }
  }

  #restart(): void {
    this.#bits.restart();
    this.#predictions.fill(0);
    this.#endOfBandRun = 0;
  }

  #block(index: number, column: number, row: number): void {
    const { first, highBit } = this.#scan;
    const { component } = this.#scan.components[index]!;
    const at = 64 * (row * component.blockColumns + column);
    const block = component.coefficients.subarray(at, at + 64);
    if (!this.#frame.progressive) this.#sequential(index, block);
    else if (first === 0) this.#progressiveDc(index, block);
    else if (highBit === 0) this.#firstAc(index, block);
    else this.#refineAc(index, block);
  }

  #sequential(index: number, block: Int16Array): void {
    block[0] = this.#nextDc(index);
    const table = this.#acTable(index);
    for (let place = 1; place < 64; ) {
      const symbol = this.#bits.symbol(table);
      const size = symbol & 15;
      const zeros = symbol >> 4;
      if (size === 0) {
        if (zeros < 15) break;
        place += 16;
        continue;
      }
      place += zeros;
      check(place < 64, 'a coefficient beyond the block');
      block[ZIGZAG[place++]!] = this.#bits.signed(size);
    }
  }

  #progressiveDc(index: number, block: Int16Array): void {
    const { highBit, lowBit } = this.#scan;
    if (highBit === 0) block[0] = this.#nextDc(index) << lowBit;
    else if (this.#bits.number(1) === 1) block[0] = block[0]! + (1 << lowBit);
  }

  #firstAc(index: number, block: Int16Array): void {
    if (this.#endOfBandRun > 0) {
      this.#endOfBandRun--;
      return;
    }
    const { first, last, lowBit } = this.#scan;
    const table = this.#acTable(index);
    for (let place = first; place <= last; ) {
      const symbol = this.#bits.symbol(table);
      const size = symbol & 15;
      const zeros = symbol >> 4;
      if (size === 0) {
        if (zeros < 15) {
          this.#endOfBandRun = (1 << zeros) + this.#bits.number(zeros) - 1;
          break;
        }
        place += 16;
        continue;
      }
      place += zeros;
      check(place <= last, 'a coefficient beyond the band');
      block[ZIGZAG[place++]!] = this.#bits.signed(size) * (1 << lowBit);
    }
  }

  /** Gives known coefficients one more bit, and sets new ones between them (G.1.2.3). */
  #refineAc(index: number, block: Int16Array): void {
    const { first, last, lowBit } = this.#scan;
    const table = this.#acTable(index);
    const bit = 1 << lowBit;
    let place = first;
    if (this.#endOfBandRun > 0) {
      this.#endOfBandRun--;
      this.#refineRun(block, place, last, Number.POSITIVE_INFINITY, bit);
      return;
    }
    while (place <= last) {
      const symbol = this.#bits.symbol(table);
      const size = symbol & 15;
      let zeros = symbol >> 4;
      let value = 0;
      if (size === 0) {
        if (zeros < 15) {
          this.#endOfBandRun = (1 << zeros) + this.#bits.number(zeros) - 1;
          zeros = Number.POSITIVE_INFINITY;
        }
      } else {
        check(size === 1, 'a refinement of more than one bit');
        value = this.#bits.number(1) === 1 ? bit : -bit;
      }
      place = this.#refineRun(block, place, last, zeros, bit);
      if (place <= last) block[ZIGZAG[place++]!] = value;
    }
  }

  /** Refines on the way over `zeros` coefficients that are still zero; returns the place of the next zero. */
  #refineRun(block: Int16Array, from: number, last: number, zeros: number, bit: number): number {
    let left = zeros;
    let place = from;
    for (; place <= last; place++) {
      const at = ZIGZAG[place]!;
      const known = block[at]!;
      if (known === 0) {
        if (left === 0) break;
        left--;
      } else if (this.#bits.number(1) === 1) {
        block[at] = known > 0 ? known + bit : known - bit;
      }
    }
    return place;
  }

  #nextDc(index: number): number {
    const table = this.#scan.components[index]!.dc;
    check(table !== undefined, 'a missing table');
    const size = this.#bits.symbol(table);
    check(size <= 15, 'a difference of too many bits');
    this.#predictions[index] = this.#predictions[index]! + this.#bits.signed(size);
    return this.#predictions[index]!;
  }

  #acTable(index: number): HuffmanTable {
    const table = this.#scan.components[index]!.ac;
    check(table !== undefined, 'a missing table');
    return table;
  }
}
