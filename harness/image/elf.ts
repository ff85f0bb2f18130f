/** What a program or library for Linux needs, as its own ELF headers say: of any architecture, unlike `ldd`. */

export interface ElfNeeds {
  /** The loader's path; libraries have none. */
  readonly interpreter?: string;
  /** Names of libraries, such as libc.so.6. */
  readonly libraries: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const [LOADED, DYNAMIC, INTERPRETER] = [1, 2, 3] as const;
const [NEEDED, STRING_TABLE] = [1, 5] as const;

/** Undefined for what is no little-endian ELF file. Throws a RangeError for one that is cut off. */
export function elfNeeds(file: Buffer): ElfNeeds | undefined {
  const isElf = file.length > 5 && file.readUInt32BE(0) === 0x7f454c46 && file[5] === 1;
  if (!isElf) return undefined;
  const is64 = file[4] === 2;
  const word = (offset: number) =>
    is64 ? Number(file.readBigUInt64LE(offset)) : file.readUInt32LE(offset);
  const wordBytes = is64 ? 8 : 4;

  const table = word(is64 ? 32 : 28);
  const entryBytes = file.readUInt16LE(is64 ? 54 : 42);
  const entries = file.readUInt16LE(is64 ? 56 : 44);
  const segments = Array.from({ length: entries }, (_, index): Segment => {
    const at = table + index * entryBytes;
    // A word of flags stands in between where words are wide.
    const [offset, address, size] = is64 ? [8, 16, 32] : [4, 8, 16];
    return {
      type: file.readUInt32LE(at),
      offset: word(at + offset),
      address: word(at + address),
      size: word(at + size),
    };
  });

  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  const pairs = Array.from({ length: (dynamic?.size ?? 0) / (2 * wordBytes) }, (_, index) => {
    const at = dynamic!.offset + index * 2 * wordBytes;
    return { tag: word(at), value: word(at + wordBytes) };
  });
  const strings = fileOffset(segments, pairs.find(({ tag }) => tag === STRING_TABLE)?.value ?? 0);
  const interpreter = segments.find(({ type }) => type === INTERPRETER);
  return {
    ...(interpreter === undefined ? {} : { interpreter: textAt(file, interpreter.offset) }),
    libraries: pairs
      .filter(({ tag }) => tag === NEEDED)
      .map(({ value }) => textAt(file, strings + value)),
  };
}

function fileOffset(segments: readonly Segment[], address: number): number {
  const holder = segments.find(
    (each) => each.type === LOADED && address >= each.address && address < each.address + each.size,
  );
  return holder === undefined ? address : address - holder.address + holder.offset;
}

function textAt(file: Buffer, offset: number): string {
  return file.toString('latin1', offset, file.indexOf(0, offset));
}
