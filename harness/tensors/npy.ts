/**
 * NumPy's .npy files of float32 in C order, little-endian: the form in which tensors come in and layers
 * go out. Format: numpy.lib.format, versions 1.0 and 2.0. Written are files of version 1.0.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { TilebedError } from '../../runtime/errors.ts';

export interface Tensor {
  readonly shape: readonly number[];
  /** As many elements as the shape says; the last dimension runs fastest. */
  readonly data: Float32Array;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const DTYPE = '<f4';
/** NumPy pads headers so that the data start at a multiple of this many bytes. */
const ALIGNMENT = 64;
/** A dictionary of three entries; NumPy itself refuses to evaluate longer ones. */
const MAX_HEADER_BYTES = 10_000;
const MAX_DIMENSIONS = 64;
/** Larger than any map of a network. */
const MAX_ELEMENTS = 2 ** 31;

/** Rejects with a TilebedError (FAILED) where the file cannot be written. */
export async function writeNpy(
  path: string,
  shape: readonly number[],
  data: Float32Array,
): Promise<void> {
  if (elements(shape) !== data.length) {
    throw new Error(`a tensor of shape ${shape.join('x')} does not have ${data.length} elements`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  try {
    const file = await open(path, 'w');
    try {
      await file.writeFile(npyHeader(shape));
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const message = `cannot write the tensor ${path}: ${(cause as Error).message}`;
    throw new TilebedError('FAILED', message, { cause });
  }
}

/** Everything that stands before the data. */
export function npyHeader(shape: readonly number[]): Buffer {
  // Python writes a tuple of one with a comma behind.
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${DTYPE}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const lengthEnd = MAGIC.length + 4;
  const total = Math.ceil((lengthEnd + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(total, ' ');
  MAGIC.copy(header);
  header.writeUInt8(1, MAGIC.length);
  header.writeUInt8(0, MAGIC.length + 1);
  header.writeUInt16LE(total - lengthEnd, MAGIC.length + 2);
  header.write(dictionary, lengthEnd, 'latin1');
  header.write('\n', total - 1);
  return header;
}

/** Rejects with a TilebedError (INPUT) that says what is wrong; no claim takes memory before it is checked. */
export async function readNpy(path: string): Promise<Tensor> {
  const file = await open(path).catch((cause) => {
    throw new TilebedError('INPUT', `cannot read the tensor ${path}: ${cause.message}`, { cause });
  });
  try {
    const { size } = await file.stat();
    const { text, dataAt } = await readHeader(file, size, path);
    const shape = parseHeader(text, path);
    const wanted = elements(shape) * Float32Array.BYTES_PER_ELEMENT;
    if (size - dataAt !== wanted) {
      const problem = size - dataAt < wanted ? 'is cut short' : 'holds more than it says';
      throw new TilebedError(
        'INPUT',
        `${path} ${problem}: shape (${shape.join(', ')}) takes ${wanted} bytes, there are ${size - dataAt}`,
      );
    }
    const bytes = await readExactly(file, dataAt, wanted, path);
    return { shape, data: new Float32Array(bytes.buffer) };
  } finally {
    await file.close();
  }
}

async function readHeader(
  file: FileHandle,
  size: number,
  path: string,
): Promise<{ readonly text: string; readonly dataAt: number }> {
  const versionAt = MAGIC.length;
  const start = await readExactly(file, 0, Math.min(size, versionAt + 2), path);
  if (!MAGIC.equals(start.subarray(0, versionAt)) || start.length < versionAt + 2) {
    throw new TilebedError('INPUT', `${path} is no .npy file`);
  }
  const [major, minor] = [start[versionAt]!, start[versionAt + 1]!];
  if ((major !== 1 && major !== 2) || minor !== 0) {
    throw new TilebedError(
      'INPUT',
      `${path} is an .npy file of version ${major}.${minor}; versions 1.0 and 2.0 are read`,
    );
  }
  const lengthAt = versionAt + 2;
  const lengthBytes = major === 1 ? 2 : 4;
  const textAt = lengthAt + lengthBytes;
  if (size < textAt) throw new TilebedError('INPUT', `${path} is cut short in its header`);
  const length = Buffer.from(await readExactly(file, lengthAt, lengthBytes, path));
  const textBytes = length.readUIntLE(0, lengthBytes);
  if (textBytes > MAX_HEADER_BYTES) {
    throw new TilebedError('INPUT', `${path} claims a header of ${textBytes} bytes`);
  }
  if (size < textAt + textBytes) {
    throw new TilebedError('INPUT', `${path} is cut short in its header`);
  }
  const text = Buffer.from(await readExactly(file, textAt, textBytes, path)).toString('latin1');
  return { text, dataAt: textAt + textBytes };
}

/** The shape, where the rest of the header says float32 in C order. */
function parseHeader(text: string, path: string): number[] {
  const descr = /'descr':\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const tuple = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (descr === null || order === null || tuple === null) {
    throw new TilebedError('INPUT', `the header of ${path} is not one of an .npy file`);
  }
  if (descr[1] !== DTYPE) {
    const found = descr[1] === undefined ? 'records' : `elements of type ${descr[1]}`;
    throw new TilebedError(
      'INPUT',
      `${path} holds ${found}, not little-endian float32 (${DTYPE})`,
      {
        hint: "save it as array.astype('<f4')",
      },
    );
  }
  if (order[1] === 'True') {
    throw new TilebedError('INPUT', `${path} is in Fortran order, not in C order`, {
      hint: 'save it as numpy.ascontiguousarray(array)',
    });
  }
  const shape = tuple[1]!
    .split(',')
    .map((side) => side.trim())
    .filter((side) => side !== '')
    .map(Number);
  const possible = shape.length <= MAX_DIMENSIONS && shape.every(Number.isSafeInteger);
  if (!possible || !(elements(shape) <= MAX_ELEMENTS)) {
    throw new TilebedError('INPUT', `${path} claims an impossible shape (${tuple[1]})`);
  }
  return shape;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The caller has made sure that the file is that long. */
async function readExactly(
  file: FileHandle,
  position: number,
  count: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count);
  for (let done = 0; done < count; ) {
    const { bytesRead } = await file.read(bytes, done, count - done, position + done);
    if (bytesRead === 0) throw new TilebedError('INPUT', `${path} shrank while it was read`);
    done += bytesRead;
  }
  return bytes;
}
