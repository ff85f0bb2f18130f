import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../runtime/frames/picture.ts';
import { decodeJpeg } from './decode.ts';

/**
 * What sharp cannot write: made once with libjpeg, of a coarse pattern. Sampling by halves across and
 * down or quarters across, restart markers, progressive scans, and colours that are stored as RGB.
 */
const RARE = {
  'halved across, with restarts':
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywt' +
    'QFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09P' +
    'T09PT09PT09PT09PT09PT09PT0//wAARCAAUACYDASEAAhEBAxEB/8QAGAABAAMBAAAAAAAAAAAAAAAAAgADBAX/xAAl' +
    'EAABAgUEAQUAAAAAAAAAAAABAAIDESFRYUGhsfAxE0JxgcH/xAAXAQEBAQEAAAAAAAAAAAAAAAAEBgMF/8QAGBEAAwEB' +
    'AAAAAAAAAAAAAAAAAAECAyH/3QAEAAL/2gAMAwEAAhEDEQA/AMAhYpwrBCx2yVegrOhthzOe1SELFOES9BudH//QHpU8' +
    'yyOFEV6FCq4JsOZz2qQhYpwtr0J/Oj//0bRCx2ybYc/m/wCoF6Ds6E2EfaPo6KIz0FquH//S0loG+ycgADrKa590zHNj' +
    'DAKaeNky0DS+yJdMbmz/0+s1jXSBtNRTbpnST4f/2Q==',
  'halved down, progressive, with restarts':
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4' +
    'UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj' +
    'Y2NjY2NjY2NjY2NjY2NjY2NjY2P/wgARCAAWABQDARIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAgMA/8QAFQEB' +
    'AQAAAAAAAAAAAAAAAAAAAwL/3QAEAAP/2gAMAwEAAhADEAAAAY1qjQ1NDX//0Hhh4lWhf//EABYQAQEBAAAAAAAAAAAA' +
    'AAAAAAAREP/aAAgBAQABBQKJn//QRH//0cj/xAAXEQEBAQEAAAAAAAAAAAAAAAABABAR/9oACAEDAQE/ARhu3//QIz//' +
    'xAAYEQADAQEAAAAAAAAAAAAAAAAAAQIQEv/aAAgBAgEBPwF2Ozs//9Bjz//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAI' +
    'AQEABj8Cf//Qf//Rf//EABgQAQEBAQEAAAAAAAAAAAAAAAEAEXEQ/9oACAEBAAE/ITwzl//QCJxf/9HII0X/2gAMAwEA' +
    'AgADAAAAENVP/9DTz//EABcRAQEBAQAAAAAAAAAAAAAAAAEAIRD/2gAIAQMBAT8Q55m//9Bzhy//xAAWEQEBAQAAAAAA' +
    'AAAAAAAAAAABABD/2gAIAQIBAT8QwGf/0EyZW//EACAQAAIBAwQDAAAAAAAAAAAAAAABIRFhgTFxscGRofD/2gAIAQEA' +
    'AT8QsRwL50KHY//Q8pYjgyZ0P//RUfZV3rQnE2kf/9k=',
  'quartered across, with restarts':
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywt' +
    'QFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09P' +
    'T09PT09PT09PT09PT09PT09PT0//wAARCAAMACgDAUEAAhEBAxEB/8QAGQABAQADAQAAAAAAAAAAAAAAAAIBAwQF/8QA' +
    'JBAAAgECBgEFAAAAAAAAAAAAAAERAiEDBDFRYfASQXGRobH/xAAXAQADAQAAAAAAAAAAAAAAAAABBAUG/8QAGREAAwEB' +
    'AQAAAAAAAAAAAAAAAAEDAhEh/90ABAAB/9oADAMBAAIRAxEAPwDkWXtpaPgtZfjuxawJ9+3KWX4t+BtcdhQ//9DKy/Hd' +
    'gAIu5fVPD//R3+KSTi8SWsOlOItoW6KV6b/Rfikk4vEky22GGmf/0vTWHSnEW0ABnXt9Ka0+H//Z',
  'stored as RGB':
    '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBX' +
    'QUZMTlJTUjI+WmFaUGBKUVJP/8AAEQgADAAUA1IRAEcRAEIRAP/EABoAAAIDAQEAAAAAAAAAAAAAAAQFAAIGAQP/xAAl' +
    'EAABAgUCBwEAAAAAAAAAAAABABECAwQhQTGBBRRRYqGx8EL/2gAMA1IARwBCAAA/AJS46eku5Dtt6V51Tre3pOaXH2yh' +
    '4f2/dEDPqdb/AHRNZcTQfnfKnJNiHfKDiq2iN4dzqsjTFgDlnWiMqAAFrs69Z8yIB3uzpzTBiBiw8LpkSwWa2nhAz44g' +
    'We2nhN5UIMF8FlYU8ou40LIWIkxFzoWX/9k=',
};
/** Four components. */
const CMYK =
  '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBX' +
  'QUZMTlJTUjI+WmFaUGBKUVJP/8AAFAgADAAUBEMRAE0RAFkRAEsRAP/EABoAAAIDAQEAAAAAAAAAAAAAAAQFAAIDBgH/' +
  'xAAlEAABAwMDBAMBAAAAAAAAAAABAAIRAyExBEGBUaGx8AUUYkL/2gAOBEMATQBZAEsAAD8Aml26eEu+h+beFetqc3t4' +
  'V62pze3hOdLt7wofj/z70QNfU5v70QNfU5v70TWm6Gfzzup9KNm87oN2rhxu3k5QbtXDjdvJyuR0xgA7xK6I0mAAxeJW' +
  'teo4CZvErWvUcBM3iU50wggbWHZemhTBiLY7IGu9wMTbHZA13uBibY7JvSaCy+xhWGnpGZGDCFcSXGTgwhXElxk4ML//' +
  '2Q==';

/** Colours change slowly, so that decoders differ in rounding only; brightness changes fast. */
function pattern(width: number, height: number): Picture {
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = (x * 37 + y * 91 + ((x * y) % 7) * 5) % 60;
      const colour = [90 + (60 * x) / width, 50 + (80 * y) / height, 140 - (50 * x) / width];
      pixels.set(
        colour.map((value) => value + light),
        3 * (y * width + x),
      );
    }
  }
  return { width, height, pixels };
}

function encode({ width, height, pixels }: Picture, options: JpegOptions): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer();
}

/** The largest difference to what libjpeg makes of the same file. */
async function differenceToSharp(bytes: Buffer): Promise<number> {
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const decoded = decodeJpeg(bytes);
  expect(decoded).toMatchObject({ width: info.width, height: info.height });
  expect(decoded?.pixels).toHaveLength(data.length);
  return Math.max(...data.map((value, index) => Math.abs(value - decoded!.pixels[index]!)));
}

describe('every usual kind is decoded as other decoders do, but for rounding', () => {
  const sizes = [
    [1, 1],
    [8, 8],
    [16, 40],
    [37, 29],
    [100, 3],
  ] as const;
  const kinds: [string, JpegOptions][] = [
    ['in full colour', { chromaSubsampling: '4:4:4', quality: 95 }],
    ['with halved colours', { chromaSubsampling: '4:2:0', quality: 75 }],
    ['progressive', { progressive: true, chromaSubsampling: '4:2:0', quality: 60 }],
    ['of poor quality', { quality: 5 }],
    ['with optimised scans', { mozjpeg: true }],
  ];

  test.each(kinds)('%s', async (_, options) => {
    for (const [width, height] of sizes) {
      const bytes = await encode(pattern(width, height), options);
      expect(await differenceToSharp(bytes)).toBeLessThanOrEqual(5);
    }
  });

  test.each([false, true])('grey, progressive: %s', async (progressive) => {
    const { width, height, pixels } = pattern(37, 29);
    const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .greyscale()
      .jpeg({ progressive })
      .toBuffer();
    expect(await differenceToSharp(bytes)).toBeLessThanOrEqual(1);
  });

  test.each(Object.entries(RARE))('%s', async (_, text) => {
    expect(await differenceToSharp(Buffer.from(text, 'base64'))).toBeLessThanOrEqual(5);
  });
});

test('what belongs to another decoder is left to it', async () => {
  expect(decodeJpeg(Buffer.from(CMYK, 'base64'))).toBeUndefined();
  const { width, height, pixels } = pattern(9, 9);
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  expect(decodeJpeg(png)).toBeUndefined();
  expect(decodeJpeg(new Uint8Array())).toBeUndefined();
});

describe('damaged files', async () => {
  const files = [
    await encode(pattern(37, 29), {}),
    await encode(pattern(37, 29), { progressive: true }),
    ...Object.values(RARE).map((text) => Buffer.from(text, 'base64')),
  ];

  test('a file that is cut short anywhere is not decoded', () => {
    for (const whole of files) {
      for (let length = 0; length < whole.length - 1; length++) {
        expect(decodeJpeg(whole.subarray(0, length)), `${length} of ${whole.length}`).toBe(
          undefined,
        );
      }
    }
  });

  test('data that end early are not made up, even where an end marker follows', () => {
    const [whole] = files as [Buffer];
    const data = whole.indexOf(Buffer.from([0xff, 0xda])) + 14;
    expect(decodeJpeg(whole)).toBeDefined();
    for (let length = data; length < whole.length - 2; length++) {
      const ended = Buffer.concat([whole.subarray(0, length), Buffer.from([0xff, 0xd9])]);
      expect(decodeJpeg(ended), `${length} of ${whole.length}`).toBe(undefined);
    }
  });

  test('changed bytes never do worse than spoil the picture', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(change, { maxLength: 5 }),
        (file, changes) => {
          const bytes = Buffer.from(file);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const decoded = decodeJpeg(bytes);
          if (decoded === undefined) return;
          expect(decoded.pixels).toHaveLength(3 * decoded.width * decoded.height);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a small file that claims to be huge takes no memory', () => {
    const bytes = Buffer.from(files[0]!);
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(8000, frame + 5);
    bytes.writeUInt16BE(8000, frame + 7);
    const before = process.memoryUsage().arrayBuffers;
    expect(decodeJpeg(bytes)).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });
});
