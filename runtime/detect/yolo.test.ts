import { expect, test } from 'vitest';
import type { YoloLayer } from '../model/network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { randomFloats } from '../testing/random.ts';
import { activateYolo, yoloCandidates } from './yolo.ts';

/** Two of three anchors, two classes, on a map of 3 columns and 2 rows of a network of 96x64. */
const LAYER = networkOf(
  { width: 3, height: 2, channels: 14 },
  section('yolo', { anchors: '10,20, 30,40, 50,60', mask: '0,2', num: 3, classes: 2 }),
).layers[0] as YoloLayer;
const NETWORK = { channels: 3, height: 64, width: 96 };
const CELLS = 6;

function at(place: number, plane: number, row: number, column: number): number {
  return (place * 7 + plane) * CELLS + row * 3 + column;
}

test('all but width and height become shares', () => {
  const input = randomFloats(14 * CELLS, 2).map((value) => 5 * value);
  const untouched = input.slice();
  const output = activateYolo(LAYER, input);
  expect(input).toEqual(untouched);
  for (const [index, value] of output.entries()) {
    const plane = Math.floor(index / CELLS) % 7;
    const raw = input[index]!;
    expect(value).toBeCloseTo(plane === 2 || plane === 3 ? raw : 1 / (1 + Math.exp(-raw)), 6);
  }
});

test('a candidate has the anchor of its mask, in shares of the input', () => {
  const map = new Float32Array(14 * CELLS);
  map[at(1, 0, 1, 2)] = 0.5;
  map[at(1, 1, 1, 2)] = 0.25;
  map[at(1, 2, 1, 2)] = Math.log(0.5);
  map[at(1, 4, 1, 2)] = 0.9;
  map[at(1, 5, 1, 2)] = 0.8;
  map[at(1, 6, 1, 2)] = 0.2;
  const [candidate, ...others] = yoloCandidates(LAYER, map, NETWORK, 0.3);
  expect(others).toEqual([]);
  expect(candidate!.x).toBeCloseTo(2.5 / 3, 6);
  expect(candidate!.y).toBeCloseTo(1.25 / 2, 6);
  expect(candidate!.width).toBeCloseTo(25 / 96, 6);
  expect(candidate!.height).toBeCloseTo(60 / 64, 6);
  expect(candidate!.probabilities[0]).toBeCloseTo(0.72, 6);
  expect(candidate!.probabilities[1]).toBe(0);
});

test('nothing comes of cells without an object', () => {
  expect(yoloCandidates(LAYER, new Float32Array(14 * CELLS), NETWORK, 0)).toEqual([]);
});
