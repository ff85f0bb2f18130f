/** Inference with trained weights: Darknet's own answers, whatever the grid, the precision and the input. */
import { existsSync, mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInput } from '../harness/infer/input.ts';
import { readPicture } from '../harness/pictures/read.ts';
import { readNpy, writeNpy } from '../harness/tensors/npy.ts';
import { classColour } from '../runtime/detect/draw.ts';
import { loadNetwork } from '../runtime/model/load.ts';
import {
  expectSameBits,
  grid,
  type Inferred,
  range,
  run,
  runWithDumps,
} from './support/inference.ts';

const MODELS = join(import.meta.dirname, '../../shared/models');
const TINY = {
  cfg: join(MODELS, 'yolov2-tiny.cfg'),
  weights: join(MODELS, 'yolov2-tiny.weights'),
};
const DOG = { kind: 'image', path: join(MODELS, 'dog.jpg') } as const;

const folder = mkdtempSync(join(tmpdir(), 'tilebed-infer-'));
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!existsSync(MODELS))('tiny YOLOv2 with trained weights', () => {
  const layers = range(16);
  let labels: string[];
  let whole: Inferred;

  beforeAll(async () => {
    labels = (await readFile(join(MODELS, 'coco.names'), 'utf8')).trim().split('\n');
    whole = await runWithDumps(folder, { ...TINY, input: DOG, labels }, layers);
  });

  test('sees what Darknet sees, as sure of it, at the same places', async () => {
    const text = await readFile(join(MODELS, 'dog.detections.jsonl'), 'utf8');
    const darknet = text.trim().split('\n').map(parseDarknet);
    darknet.sort((a, b) => b.p - a.p);
    const { detections } = whole.result;
    expect(detections.map(({ label }) => label)).toEqual(darknet.map(({ label }) => label));
    for (const [index, { probability, box, class: number }] of detections.entries()) {
      const expected = darknet[index]!;
      expect(labels[number]).toBe(expected.label);
      expect(Math.abs(probability - expected.p)).toBeLessThan(0.0005);
      const centre = { cx: box.x + box.width / 2, cy: box.y + box.height / 2 };
      const found = { ...centre, w: box.width, h: box.height };
      for (const side of ['cx', 'cy', 'w', 'h'] as const) {
        expect(Math.abs(found[side] - expected[side]), `${side} of ${index}`).toBeLessThan(0.1);
      }
    }
  });

  test.each([
    ['2x2', 4],
    ['3x3', 8],
    ['5x4', 8],
    ['5x4', 12],
    ['3x3', 15],
    ['1x1', 6],
  ])('a grid of %s over %i layers changes no bit of any layer', async (text, fusedLayers) => {
    const choice = { ...TINY, input: DOG, labels, grid: grid(text), fusedLayers };
    const tiled = await runWithDumps(folder, choice, layers);
    expectSameBits(tiled, whole);
    expect(tiled.result.grid).toBe(text);
  });

  test.each(['float16-weights', 'int8'] as const)(
    '%s finds the dog, the car and the bicycle, in tiles as in one piece',
    async (precision) => {
      const wanted = { ...TINY, input: DOG, labels, threads: 1 };
      const inOnePiece = await run({ ...wanted, precision });
      const tiled = await run({
        ...wanted,
        precision,
        grid: { rows: 3, columns: 3 },
        fusedLayers: 8,
      });
      const found = inOnePiece.detections.map(({ label }) => label);
      expect(found).toEqual(expect.arrayContaining(['dog', 'car', 'bicycle']));
      expect(found[0]).toBe('dog');
      expect(tiled.detections).toEqual(inOnePiece.detections);
      expect(tiled.engineBytes).toBeLessThan(whole.result.engineBytes);
    },
  );

  test('a tensor gives what the picture gives, in pixels of the network’s input', async () => {
    const network = await loadNetwork(TINY.cfg);
    const input = await readInput(DOG, network);
    const path = join(folder, 'dog.npy');
    await writeNpy(path, [1, 3, 416, 416], input.map());
    const choice = { ...TINY, input: { kind: 'tensor', path }, labels } as const;
    const fromTensor = await runWithDumps(folder, choice, layers);
    for (const [layer, bytes] of whole.layers) {
      expect(fromTensor.layers.get(layer)!.equals(bytes)).toBe(true);
    }
    // 768x576 becomes 416x312, with a bar of 52 above.
    const scale = 416 / 768;
    const { detections } = fromTensor.result;
    expect(detections).toHaveLength(whole.result.detections.length);
    for (const [index, { box, ...seen }] of detections.entries()) {
      const { box: expected, ...rest } = whole.result.detections[index]!;
      expect(seen).toEqual(rest);
      expect(box.x).toBeCloseTo(expected.x * scale, 3);
      expect(box.y).toBeCloseTo(expected.y * scale + 52, 3);
      expect(box.width).toBeCloseTo(expected.width * scale, 3);
      expect(box.height).toBeCloseTo(expected.height * scale, 3);
    }
  });

  test('the last layer is dumped after its activations', async () => {
    const [path, before] = [join(folder, 'region.npy'), join(folder, 'before.npy')];
    await run({
      ...TINY,
      input: DOG,
      dumps: [
        { layer: 15, path },
        { layer: 14, path: before },
      ],
    });
    const { shape, data } = await readNpy(path);
    const { data: raw } = await readNpy(before);
    expect(shape).toEqual([1, 425, 13, 13]);
    const cells = 13 * 13;
    for (const anchor of range(5)) {
      for (const cell of range(cells)) {
        const at = (plane: number) => (anchor * 85 + plane) * cells + cell;
        for (const plane of [0, 1, 4]) {
          expect(data[at(plane)]).toBeCloseTo(1 / (1 + Math.exp(-raw[at(plane)]!)), 5);
        }
        expect([data[at(2)], data[at(3)]]).toEqual([raw[at(2)], raw[at(3)]]);
        const classes = range(80).map((index) => data[at(5 + index)]!);
        expect(classes.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
      }
    }
  });

  test('the annotated picture shows a box where the dog is', async () => {
    const output = join(folder, 'dog.png');
    const { detections } = await run({ ...TINY, input: DOG, labels, output });
    const dog = detections.find(({ label }) => label === 'dog')!;
    const drawn = await readPicture(output);
    expect([drawn.width, drawn.height]).toEqual([768, 576]);
    const [x, y] = [Math.round(dog.box.x), Math.round(dog.box.y + dog.box.height / 2)];
    const at = 3 * (y * drawn.width + x);
    expect([...drawn.pixels.subarray(at, at + 3)]).toEqual([...classColour(dog.class)]);
  });

  test('the figures are there', () => {
    const { result } = whole;
    expect(Object.keys(result)).toEqual([
      'model',
      'engine',
      'grid',
      'milliseconds',
      'peakRssBytes',
      'engineBytes',
      'detections',
    ]);
    expect(result).toMatchObject({ model: 'yolov2-tiny', engine: 'onnxruntime', grid: null });
    expect(result.milliseconds).toBeGreaterThan(0);
    // All weights in one segment.
    expect(result.engineBytes).toBeGreaterThan(44_000_000);
    expect(result.peakRssBytes).toBeGreaterThan(result.engineBytes);
  });
});

interface DarknetDetection {
  readonly label: string;
  readonly p: number;
  readonly cx: number;
  readonly cy: number;
  readonly w: number;
  readonly h: number;
}

function parseDarknet(line: string): DarknetDetection {
  return JSON.parse(line);
}
