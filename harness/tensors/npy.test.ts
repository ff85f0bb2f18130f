import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { TilebedError } from '../../runtime/errors.ts';
import { npyHeader, readNpy, writeNpy } from './npy.ts';

const folder = mkdtempSync(join(tmpdir(), 'tilebed-npy-'));
const path = join(folder, 'tensor.npy');

afterAll(() => rm(folder, { recursive: true }));

/** A file as another program may have written it. */
function npy(
  dictionary: string,
  data: Uint8Array,
  { version = 1, claimed = dictionary.length }: { version?: number; claimed?: number } = {},
): Buffer {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(claimed, 0, length.length);
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  return Buffer.concat([magic, length, Buffer.from(dictionary, 'latin1'), data]);
}

function dictionary(shape: string, { descr = "'<f4'", fortran = 'False' } = {}): string {
  return `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
}

async function readBytes(bytes: Uint8Array) {
  await writeFile(path, bytes);
  return readNpy(path);
}

async function fault(bytes: Uint8Array): Promise<TilebedError> {
  const error = await readBytes(bytes).then(
    () => undefined,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(TilebedError);
  expect(error.code).toBe('INPUT');
  expect(error.message).toContain(path);
  return error;
}

const FLOATS = new Uint8Array(Float32Array.of(1, -2, 0.5, 3, 4, 5).buffer);

describe('writing', () => {
  test('the bytes are those that NumPy itself writes', async () => {
    await writeNpy(path, [2, 1], Float32Array.of(1, -2));
    const bytes = await readFile(path);
    expect(bytes.subarray(0, 10)).toEqual(
      Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0]),
    );
    const text = bytes.subarray(10, 128).toString('latin1');
    expect(text).toBe(
      `${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }".padEnd(117)}\n`,
    );
    expect(bytes.subarray(128)).toEqual(Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
  });

  test.each([
    [[], '()'],
    [[3], '(3,)'],
    [[1, 3, 416, 416], '(1, 3, 416, 416)'],
  ])('the shape %j is written as Python writes tuples', (shape, tuple) => {
    const header = npyHeader(shape);
    expect(header.length % 64).toBe(0);
    expect(header.toString('latin1')).toContain(`'shape': ${tuple}, }`);
  });

  test('only the elements of a view are written', async () => {
    await writeNpy(path, [2], Float32Array.of(9, 1, 2, 9).subarray(1, 3));
    expect((await readNpy(path)).data).toEqual(Float32Array.of(1, 2));
  });

  test('a shape that is not that of the data is a bug', async () => {
    await expect(writeNpy(path, [2, 2], new Float32Array(3))).rejects.toThrow('2x2');
  });

  test('a place that cannot be written is named', async () => {
    const nowhere = join(folder, 'no/where.npy');
    await expect(writeNpy(nowhere, [0], new Float32Array())).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining(nowhere),
    });
  });
});

test('what is written is read back, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 }).chain((shape) => {
        const length = shape.reduce((product, side) => product * side, 1);
        const bits = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), {
          minLength: length,
          maxLength: length,
        });
        return fc.tuple(fc.constant(shape), bits);
      }),
      async ([shape, bits]) => {
        const data = new Float32Array(Uint32Array.from(bits).buffer);
        await writeNpy(path, shape, data);
        const read = await readNpy(path);
        expect(read.shape).toEqual(shape);
        expect(new Uint32Array(read.data.buffer)).toEqual(Uint32Array.from(bits));
      },
    ),
    { numRuns: 50 },
  );
});

describe('reading', () => {
  test.each([1, 2])('a file of version %i.0', async (version) => {
    const read = await readBytes(npy(dictionary('(2, 3)'), FLOATS, { version }));
    expect(read).toEqual({ shape: [2, 3], data: Float32Array.of(1, -2, 0.5, 3, 4, 5) });
  });

  test('keys in another order, without blanks', async () => {
    const text = "{'shape':(6,),'fortran_order':False,'descr':'<f4'}";
    expect((await readBytes(npy(text, FLOATS))).shape).toEqual([6]);
  });

  test.each([
    ["'<f8'", '<f8'],
    ["'>f4'", '>f4'],
    ["'|u1'", '|u1'],
    ["[('x', '<f4')]", 'records'],
  ])('elements %s are refused by name', async (descr, named) => {
    const error = await fault(npy(dictionary('(6,)', { descr }), FLOATS));
    expect(error.message).toContain(named);
    expect(error.hint).toContain('astype');
  });

  test('Fortran order is refused', async () => {
    const error = await fault(npy(dictionary('(2, 3)', { fortran: 'True' }), FLOATS));
    expect(error.message).toContain('Fortran order');
  });

  test('missing and surplus data are told in bytes', async () => {
    const short = await fault(npy(dictionary('(2, 3)'), FLOATS.subarray(0, 23)));
    expect(short.message).toContain('is cut short');
    expect(short.message).toContain('takes 24 bytes, there are 23');
    const long = await fault(npy(dictionary('(1, 3)'), FLOATS));
    expect(long.message).toContain('takes 12 bytes, there are 24');
  });

  test('every shorter file is refused', async () => {
    const whole = npy(dictionary('(2, 3)'), FLOATS);
    for (let length = 0; length < whole.length; length++) await fault(whole.subarray(0, length));
  });

  test.each([
    ['a shape of billions', npy(dictionary('(99999999999,)'), FLOATS)],
    ['a shape that overflows', npy(dictionary(`(${'9007199254740991, '.repeat(60)})`), FLOATS)],
    ['a shape beyond whole numbers', npy(dictionary('(99999999999999999999,)'), FLOATS)],
    ['too many dimensions', npy(dictionary(`(${'1, '.repeat(65)})`), FLOATS)],
    ['a shape that is none', npy(dictionary('(2 3)'), FLOATS)],
    ['a negative shape', npy(dictionary('(-2, 3)'), FLOATS)],
    ['a header of gigabytes', npy(dictionary('(6,)'), FLOATS, { version: 2, claimed: 2 ** 31 })],
    ['a header longer than the file', npy(dictionary('(6,)'), FLOATS, { claimed: 9000 })],
    ['version 3', npy(dictionary('(6,)'), FLOATS, { version: 3 })],
    ['no dictionary', npy('hello', FLOATS)],
    ['another kind of file', Buffer.from('\x89PNG\r\n')],
  ])('%s is refused', async (_, bytes) => {
    await fault(bytes);
  });

  test('bytes at random are refused, never believed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        await fault(noise);
        await fault(npy('', noise));
      }),
      { numRuns: 50 },
    );
  });

  test('a missing file is named', async () => {
    await expect(readNpy(join(folder, 'none.npy'))).rejects.toMatchObject({ code: 'INPUT' });
  });
});
