import { describe, expect, test } from 'vitest';
import type { RegionLayer } from '../model/network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { randomFloats } from '../testing/random.ts';
import { activateRegion, regionCandidates } from './region.ts';

/** Two anchors, three classes, on a map of 4 columns and 2 rows. */
function layerOf(softmax: 0 | 1): RegionLayer {
  const network = networkOf(
    { width: 4, height: 2, channels: 16 },
    section('region', { anchors: '1,2, 3,4', num: 2, classes: 3, softmax }),
  );
  return network.layers[0] as RegionLayer;
}

const CELLS = 8;
/** Index of a plane's value at a cell. */
function at(anchor: number, plane: number, row: number, column: number): number {
  return (anchor * 8 + plane) * CELLS + row * 4 + column;
}

const logistic = (value: number) => 1 / (1 + Math.exp(-value));

describe('the forward pass', () => {
  const input = randomFloats(16 * CELLS, 1).map((value) => 4 * value);

  test.each([1, 0] as const)('with softmax=%d', (softmax) => {
    const untouched = input.slice();
    const output = activateRegion(layerOf(softmax), input);
    expect(input).toEqual(untouched);
    for (let anchor = 0; anchor < 2; anchor++) {
      for (let cell = 0; cell < CELLS; cell++) {
        const [row, column] = [Math.floor(cell / 4), cell % 4];
        const value = (plane: number) => output[at(anchor, plane, row, column)]!;
        const raw = (plane: number) => input[at(anchor, plane, row, column)]!;
        for (const plane of [0, 1, 4]) expect(value(plane)).toBeCloseTo(logistic(raw(plane)), 6);
        for (const plane of [2, 3]) expect(value(plane)).toBe(raw(plane));
        const powers = [5, 6, 7].map((plane) => Math.exp(raw(plane)));
        const sum = powers.reduce((total, power) => total + power, 0);
        for (const [index, plane] of [5, 6, 7].entries()) {
          const expected = softmax === 1 ? powers[index]! / sum : logistic(raw(plane));
          expect(value(plane)).toBeCloseTo(expected, 6);
        }
      }
    }
  });
});

describe('candidates', () => {
  const layer = layerOf(1);

  function mapWith(values: readonly (readonly [index: number, value: number])[]): Float32Array {
    const map = new Float32Array(16 * CELLS);
    for (const [index, value] of values) map[index] = value;
    return map;
  }

  test('lie where the cell and the anchor say', () => {
    const map = mapWith([
      [at(1, 0, 1, 2), 0.25],
      [at(1, 1, 1, 2), 0.5],
      [at(1, 2, 1, 2), Math.log(2)],
      [at(1, 3, 1, 2), 0],
      [at(1, 4, 1, 2), 0.8],
      [at(1, 5, 1, 2), 0.1],
      [at(1, 6, 1, 2), 0.9],
    ]);
    const [candidate, ...others] = regionCandidates(layer, map, 0.24);
    expect(others).toEqual([]);
    expect(candidate!.x).toBeCloseTo(2.25 / 4, 6);
    expect(candidate!.y).toBeCloseTo(1.5 / 2, 6);
    expect(candidate!.width).toBeCloseTo((2 * 3) / 4, 6);
    expect(candidate!.height).toBeCloseTo(4 / 2, 6);
    expect(candidate!.objectness).toBeCloseTo(0.8, 6);
    const [first, second, third] = candidate!.probabilities;
    expect([first, third]).toEqual([0, 0]);
    expect(second).toBeCloseTo(0.72, 6);
  });

  test('come from every cell and anchor', () => {
    const values: [number, number][] = [];
    for (let anchor = 0; anchor < 2; anchor++) {
      for (let cell = 0; cell < CELLS; cell++) {
        values.push([at(anchor, 4, Math.floor(cell / 4), cell % 4), 0.9]);
        values.push([at(anchor, 5, Math.floor(cell / 4), cell % 4), 1]);
      }
    }
    const candidates = regionCandidates(layer, mapWith(values), 0.5);
    expect(candidates).toHaveLength(16);
    expect(new Set(candidates.map(({ x, y, width }) => `${x} ${y} ${width}`)).size).toBe(16);
  });

  test('are dropped at the threshold itself, not only below it', () => {
    const values = [
      [at(0, 4, 0, 0), 0.5],
      [at(0, 5, 0, 0), 1],
    ] as const;
    expect(regionCandidates(layer, mapWith(values), 0.5)).toEqual([]);
    const [candidate] = regionCandidates(layer, mapWith(values), 0.49);
    expect([...candidate!.probabilities]).toEqual([0.5, 0, 0]);
  });
});
