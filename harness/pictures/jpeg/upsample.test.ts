import { expect, test } from 'vitest';
import { upsampledRow } from './upsample.ts';

/** Rows of a coarse component, of which one column stands beyond the picture. */
function upsampled(rows: number[][], across: number, down: number): number[][] {
  const stride = rows[0]!.length + 1;
  const samples = Uint8Array.from(rows.flatMap((row) => [...row, 255]));
  const width = stride - 1;
  const coarse = { samples, stride, width, height: rows.length, across, down };
  return Array.from({ length: rows.length * down }, (_, y) => {
    const target = new Uint8Array(width * across);
    upsampledRow(coarse, y, target);
    return [...target];
  });
}

test('a component of the picture’s own size stays as it is', () => {
  expect(
    upsampled(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      1,
      1,
    ),
  ).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

test('rows between two coarse ones are three parts of the nearer', () => {
  expect(upsampled([[10], [20], [40]], 1, 2)).toEqual([[10], [13], [18], [25], [35], [40]]);
});

test('so are columns, but for the last but one, where stb_image takes the farther', () => {
  expect(upsampled([[10, 20, 40]], 2, 1)).toEqual([[10, 13, 18, 25, 25, 40]]);
  expect(upsampled([[7]], 2, 1)).toEqual([[7, 7]]);
});

test('both ways at once are nine, three, three and one parts', () => {
  expect(
    upsampled(
      [
        [0, 160],
        [16, 0],
      ],
      2,
      2,
    ),
  ).toEqual([
    [0, 40, 120, 160],
    [4, 33, 91, 120],
    [12, 19, 33, 40],
    [16, 12, 4, 0],
  ]);
});

test('halves are rounded up', () => {
  expect(
    upsampled(
      [
        [0, 2],
        [0, 2],
      ],
      2,
      2,
    )[1],
  ).toEqual([0, 1, 2, 2]);
  expect(upsampled([[0], [2]], 1, 2)).toEqual([[0], [1], [2], [2]]);
});

test('anything coarser is repeated', () => {
  expect(upsampled([[1, 2]], 4, 1)).toEqual([[1, 1, 1, 1, 2, 2, 2, 2]]);
  expect(upsampled([[1], [2]], 1, 4)).toEqual([[1], [1], [1], [1], [2], [2], [2], [2]]);
});
