import { existsSync, mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { TilebedError } from '../../runtime/errors.ts';
import type { Picture } from '../../runtime/frames/picture.ts';
import { readPicture } from './read.ts';
import { pictureFormat, writePicture } from './write.ts';

const folder = mkdtempSync(join(tmpdir(), 'tilebed-pictures-'));

afterAll(() => rm(folder, { recursive: true }));

const PICTURE: Picture = {
  width: 3,
  height: 2,
  pixels: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 0, 0, 0, 200, 100, 50),
};

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

function raw(pixels: Uint8Array, channels: 1 | 2 | 3 | 4, width = 3, height = 2) {
  return sharp(pixels, { raw: { width, height, channels } });
}

async function fault(work: Promise<unknown>): Promise<TilebedError> {
  const error = await work.then(
    () => undefined,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(TilebedError);
  return error;
}

function plain({ width, height, pixels }: Picture) {
  return { width, height, pixels: [...pixels] };
}

describe('reading', () => {
  test('a PNG gives back its pixels', async () => {
    const path = await file('plain.png', await raw(PICTURE.pixels, 3).png().toBuffer());
    expect(plain(await readPicture(path))).toEqual(plain(PICTURE));
  });

  test('a palette is resolved', async () => {
    const png = await raw(PICTURE.pixels, 3).png({ palette: true, colours: 8 }).toBuffer();
    expect(plain(await readPicture(await file('palette.png', png)))).toEqual(plain(PICTURE));
  });

  test('greys become three equal channels, of 16 bits too', async () => {
    const grey = Uint8Array.of(0, 50, 100, 150, 200, 255);
    const expected = [...grey].flatMap((value) => [value, value, value]);
    const eight = await raw(grey, 1).toColourspace('b-w').png().toBuffer();
    expect((await sharp(eight).metadata()).channels).toBe(1);
    expect([...(await readPicture(await file('grey.png', eight))).pixels]).toEqual(expected);

    const deep = Uint16Array.from(grey, (value) => value * 257);
    const sixteen = await sharp(deep, { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(sixteen).metadata()).depth).toBe('ushort');
    expect([...(await readPicture(await file('grey16.png', sixteen))).pixels]).toEqual(expected);
  });

  test('an alpha channel is dropped, not mixed in', async () => {
    const rgba = Uint8Array.of(255, 0, 0, 0, 10, 20, 30, 128);
    const png = await raw(rgba, 4, 2, 1).png().toBuffer();
    const { pixels } = await readPicture(await file('alpha.png', png));
    expect([...pixels]).toEqual([255, 0, 0, 10, 20, 30]);
  });

  test.each(['jpeg', 'png'] as const)('an EXIF rotation of a %s is not applied', async (format) => {
    const bytes = await raw(PICTURE.pixels, 3)
      .withMetadata({ orientation: 6 })
      .toFormat(format, { quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    expect((await sharp(bytes).metadata()).orientation).toBe(6);
    const picture = await readPicture(await file(`rotated.${format}`, bytes));
    expect([picture.width, picture.height]).toEqual([3, 2]);
  });

  test('an embedded colour profile is not applied', async () => {
    const bytes = await raw(PICTURE.pixels, 3).withIccProfile('p3').png().toBuffer();
    expect((await sharp(bytes).metadata()).icc).toBeDefined();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    expect([...stored]).not.toEqual([...PICTURE.pixels]);
    expect([...(await readPicture(await file('profile.png', bytes))).pixels]).toEqual([...stored]);
  });

  test('a JPEG of four colours is left to the library', async () => {
    const bytes = await raw(PICTURE.pixels, 3).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(4);
    const picture = await readPicture(await file('cmyk.jpg', bytes));
    expect([picture.width, picture.height, picture.pixels.length]).toEqual([3, 2, 18]);
  });

  test('the extension does not matter', async () => {
    const path = await file('wrong.jpg', await raw(PICTURE.pixels, 3).png().toBuffer());
    expect(plain(await readPicture(path))).toEqual(plain(PICTURE));
  });
});

describe('what cannot be read', () => {
  test('a missing file', async () => {
    const error = await fault(readPicture(join(folder, 'none.jpg')));
    expect(error.code).toBe('INPUT');
    expect(error.message).toContain('none.jpg');
  });

  test('a file of another kind', async () => {
    const error = await fault(readPicture(await file('text.png', Buffer.from('no picture'))));
    expect(error.code).toBe('INPUT');
    expect(error.message).toContain('neither a JPEG nor a PNG');
  });

  test('a picture of another kind, by name', async () => {
    const webp = await raw(PICTURE.pixels, 3).webp().toBuffer();
    const error = await fault(readPicture(await file('photo.jpg', webp)));
    expect(error.code).toBe('INPUT');
    expect(error.message).toContain('webp');
  });

  test.each(['jpeg', 'png'] as const)('a %s that is cut short', async (format) => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251);
    const whole = await raw(noise, 3, 64, 64).toFormat(format).toBuffer();
    const path = await file(`short.${format}`, whole.subarray(0, whole.length / 2));
    const error = await fault(readPicture(path));
    expect(error.code).toBe('INPUT');
    expect(error.message).toContain('is damaged');
  });
});

describe('writing', () => {
  test('a PNG holds exactly the pixels', async () => {
    const path = join(folder, 'written.PNG');
    await writePicture(path, PICTURE);
    expect(plain(await readPicture(path))).toEqual(plain(PICTURE));
  });

  test.each(['jpg', 'jpeg'])('a .%s is close to them', async (extension) => {
    const path = join(folder, `written.${extension}`);
    const pixels = new Uint8Array(3 * 32 * 32).map((_, index) => 40 + (index % 3) * 60);
    await writePicture(path, { width: 32, height: 32, pixels });
    expect((await readFile(path)).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    const read = await readPicture(path);
    for (const [index, value] of read.pixels.entries()) {
      expect(Math.abs(value - pixels[index]!)).toBeLessThanOrEqual(3);
    }
  });

  test.each(['picture.gif', 'picture', 'png'])('%s does not say what to write', async (name) => {
    const path = join(folder, name);
    expect((await fault(writePicture(path, PICTURE))).code).toBe('INPUT');
    expect(existsSync(path)).toBe(false);
    expect(() => pictureFormat(path)).toThrow(name);
  });

  test('a place that cannot be written is named', async () => {
    const path = join(folder, 'no/where.png');
    const error = await fault(writePicture(path, PICTURE));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain(path);
  });
});
