import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../frames/picture.ts';
import type { Detection } from './detection.ts';
import { classColour, drawDetections } from './draw.ts';

const GREY = 77;

function grey(width: number, height: number): Picture {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(GREY) };
}

function detection(x: number, y: number, width: number, height: number, label = 'dog'): Detection {
  return { class: 16, label, probability: 0.823, box: { x, y, width, height } };
}

function pixel({ width, pixels }: Picture, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

/** The picture as text: `.` untouched, `#` the class' colour, `o` anything else. */
function sketch(picture: Picture, index = 16): string[] {
  const colour = classColour(index).join();
  return Array.from({ length: picture.height }, (_, y) =>
    Array.from({ length: picture.width }, (_, x) => {
      const found = pixel(picture, x, y).join();
      return found === [GREY, GREY, GREY].join() ? '.' : found === colour ? '#' : 'o';
    }).join(''),
  );
}

test('a box has an outline in the colour of its class, and stands under its label', () => {
  const rows = sketch(drawDetections(grey(52, 20), [detection(2, 11, 46, 6)]));
  expect(`\n${rows.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    ....................................................
    ....................................................
    ..###########################################.......
    ..#####o####################ooo###ooo##oo####.......
    ..#####o###################o###o#o###o#oo##o#.......
    ..##oo#o##ooo###oooo#######o###o#####o####o##.......
    ..#o##oo#o###o#o###o########ooo#####o####o###.......
    ..#o###o#o###o##oooo#######o###o###o####o####.......
    ..#o###o#o###o#####o#######o###o##o####o##oo#.......
    ..##oooo##ooo###ooo#########ooo##ooooo####oo#.......
    ..###########################################.......
    ..##############################################....
    ..#............................................#....
    ..#............................................#....
    ..#............................................#....
    ..#............................................#....
    ..##############################################....
    ....................................................
    ....................................................
    ....................................................
    "
  `);
});

describe('the label', () => {
  test('goes inside the box where there is no room above', () => {
    const rows = sketch(drawDetections(grey(60, 30), [detection(3, 8, 50, 20)]));
    expect(rows.slice(0, 8).join('')).not.toMatch(/[#o]/);
    expect(rows[9]).toContain('o');
  });

  test('moves left to stay in the picture', () => {
    const rows = sketch(drawDetections(grey(60, 30), [detection(50, 15, 8, 8)]));
    expect(rows[6]).toBe(`${'.'.repeat(17)}${'#'.repeat(43)}`);
  });

  test('is black on light colours and white on dark ones', () => {
    const inks = (index: number) => {
      const drawn = drawDetections(grey(60, 30), [{ ...detection(3, 15, 50, 10), class: index }]);
      const colours = new Set<string>();
      for (let x = 3; x < 46; x++) {
        for (let y = 6; y < 15; y++) colours.add(pixel(drawn, x, y).join());
      }
      return [...colours].filter((colour) => colour !== classColour(index).join());
    };
    const luminance = ([red, green, blue]: readonly number[]) =>
      0.299 * red! + 0.587 * green! + 0.114 * blue!;
    const classes = Array.from({ length: 80 }, (_, index) => index);
    const brightest = classes.toSorted(
      (a, b) => luminance(classColour(b)) - luminance(classColour(a)),
    );
    expect(inks(brightest[0]!)).toEqual(['0,0,0']);
    expect(inks(brightest.at(-1)!)).toEqual(['255,255,255']);
  });

  test('shows what the font lacks as question marks, one a character', () => {
    const draw = (label: string) =>
      drawDetections(grey(90, 30), [detection(0, 12, 80, 15, label)]).pixels;
    expect(draw('Ü😀')).toEqual(draw('??'));
    expect(draw('a')).not.toEqual(draw('b'));
  });
});

test('lines and text grow with the picture', () => {
  const drawn = sketch(drawDetections(grey(1200, 1000), [detection(100, 100, 600, 500)]));
  expect(drawn.slice(99, 107).map((row) => row[400])).toEqual([...'.######.']);
  // Nine dots of three pixels.
  expect(drawn.slice(72, 100).map((row) => row[100])).toEqual([...`.${'#'.repeat(27)}`]);
});

test('the most probable detection lies on top', () => {
  const drawn = drawDetections(grey(60, 30), [
    detection(5, 15, 40, 10),
    { ...detection(5, 15, 40, 10), class: 2, probability: 0.3 },
  ]);
  expect(pixel(drawn, 5, 20)).toEqual([...classColour(16)]);
});

test('classes have colours of their own', () => {
  const colours = Array.from({ length: 80 }, (_, index) => classColour(index).join());
  expect(new Set(colours).size).toBe(80);
  // Fully saturated: one channel is at its height, one at nothing.
  for (const colour of colours)
    expect(colour.split(',')).toEqual(expect.arrayContaining(['255', '0']));
});

test('a box that is nowhere to be seen leaves the picture as it is', () => {
  const nowhere = [
    detection(-30, -30, 20, 20),
    detection(60, 0, 20, 20),
    detection(10, 10, 0, 5),
    detection(Number.NaN, 10, 20, 20),
  ];
  expect(drawDetections(grey(60, 30), nowhere)).toEqual(grey(60, 30));
});

test('whatever the boxes, the given picture stays as it is, and nothing is written outside', () => {
  const number = fc.oneof(fc.double(), fc.double({ min: -100, max: 100, noNaN: true }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(number, number, number, number, fc.string({ unit: 'binary' })), {
        maxLength: 4,
      }),
      (width, height, boxes) => {
        // A frame of foreign bytes around the pixels shows any that miss them.
        const bytes = new Uint8Array(width * height * 3 + 200).fill(GREY);
        const picture = { width, height, pixels: bytes.subarray(100, 100 + width * height * 3) };
        const detections = boxes.map(([x, y, w, h, label]) => detection(x, y, w, h, label));
        const drawn = drawDetections(picture, detections);
        expect(bytes.every((byte) => byte === GREY)).toBe(true);
        expect(drawn.pixels).toHaveLength(width * height * 3);
      },
    ),
  );
});
