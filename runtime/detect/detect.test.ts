import { describe, expect, test } from 'vitest';
import type { Network } from '../model/network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { activateDetections, detect, detectionLayers } from './detect.ts';

/** One anchor of 1x1 cells and two classes on a map of 4x4 cells. */
const NETWORK = networkOf(
  { width: 4, height: 4, channels: 7 },
  section('region', { anchors: '1,1', num: 1, classes: 2 }),
);
const CELLS = 16;

interface Box {
  readonly row: number;
  readonly column: number;
  readonly objectness: number;
  readonly classes: readonly [number, number];
  readonly widthCells?: number;
}

/** An activated map with boxes at the middle of their cells. */
function mapOf(...boxes: Box[]): Float32Array {
  const map = new Float32Array(7 * CELLS);
  for (const { row, column, objectness, classes, widthCells = 1 } of boxes) {
    const cell = row * 4 + column;
    const planes = [0.5, 0.5, Math.log(widthCells), 0, objectness, ...classes];
    for (const [plane, value] of planes.entries()) map[plane * CELLS + cell] = value;
  }
  return map;
}

const OPTIONS = { picture: { width: 400, height: 400 }, threshold: 0.24, labels: ['cat', 'dog'] };

test('every detection layer of a network is found', async () => {
  expect(detectionLayers(await bundledNetwork('yolov2')).map(({ index }) => index)).toEqual([31]);
  const none: Network = networkOf({ width: 4, height: 4 }, section('conv'));
  expect(detectionLayers(none)).toEqual([]);
  expect(detect(none, [], OPTIONS)).toEqual([]);
});

test('a layer is activated by its kind', () => {
  const raw = new Float32Array(7 * CELLS);
  const yolo = networkOf(
    { width: 4, height: 4, channels: 7 },
    section('yolo', { anchors: '1,1', num: 1, classes: 2 }),
  );
  const [region] = detectionLayers(NETWORK);
  const [other] = detectionLayers(yolo);
  expect(activateDetections(region!, raw).filter((value) => value === 0.5)).toHaveLength(5 * CELLS);
  expect(activateDetections(other!, raw).filter((value) => value === 0.5)).toHaveLength(5 * CELLS);
});

describe('detections', () => {
  test('come in pixels of the picture, the most probable first', () => {
    const map = mapOf(
      { row: 0, column: 0, objectness: 0.5, classes: [1, 0] },
      { row: 3, column: 2, objectness: 0.9, classes: [0, 1] },
    );
    const detections = detect(NETWORK, [map], OPTIONS);
    expect(detections.map(({ label }) => label)).toEqual(['dog', 'cat']);
    expect(detections[0]).toMatchObject({ class: 1, probability: Math.fround(0.9) });
    const { x, y, width, height } = detections[0]!.box;
    expect([x, y, width, height].map(Math.round)).toEqual([200, 300, 100, 100]);
  });

  test('without names are called by their number', () => {
    const map = mapOf({ row: 1, column: 1, objectness: 0.9, classes: [0, 1] });
    expect(detect(NETWORK, [map], { ...OPTIONS, labels: [] })[0]).toMatchObject({
      class: 1,
      label: '1',
    });
  });

  test('of one box are as many as its classes above the threshold', () => {
    const map = mapOf({ row: 1, column: 1, objectness: 1, classes: [0.4, 0.6] });
    expect(detect(NETWORK, [map], OPTIONS)).toHaveLength(2);
    expect(detect(NETWORK, [map], { ...OPTIONS, threshold: 0.5 })).toHaveLength(1);
    expect(detect(NETWORK, [map], { ...OPTIONS, threshold: 0.7 })).toHaveLength(0);
  });

  test('that overlap are suppressed within their class', () => {
    const map = mapOf(
      { row: 1, column: 1, objectness: 0.9, classes: [1, 0], widthCells: 8 },
      { row: 1, column: 2, objectness: 0.8, classes: [1, 0], widthCells: 8 },
      { row: 3, column: 2, objectness: 0.8, classes: [1, 0], widthCells: 8 },
    );
    const rows = detect(NETWORK, [map], OPTIONS).map(({ box }) => Math.round(box.y));
    expect(rows).toEqual([100, 300]);
  });

  test('take the grey bars off: a wide picture', () => {
    // 400x200 fills rows 1 and 2 of the 4 rows.
    const map = mapOf({ row: 1, column: 3, objectness: 0.9, classes: [1, 0] });
    const picture = { width: 400, height: 200 };
    const [detection] = detect(NETWORK, [map], { ...OPTIONS, picture });
    const { x, y, width, height } = detection!.box;
    expect([x, y, width, height].map(Math.round)).toEqual([300, 0, 100, 100]);
  });

  test('take the grey bars off: a tall picture', () => {
    const map = mapOf({ row: 0, column: 2, objectness: 0.9, classes: [1, 0] });
    const picture = { width: 300, height: 600 };
    const [detection] = detect(NETWORK, [map], { ...OPTIONS, picture });
    const { x, y, width, height } = detection!.box;
    expect([x, y, width, height].map(Math.round)).toEqual([150, 0, 150, 150]);
  });
});
