/** Inference in one process: Darknet's own answers, and the same bits whatever the grid. */
import { existsSync, mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InferOptions, type InferResult, infer } from '../harness/infer/infer.ts';
import { readInput } from '../harness/infer/input.ts';
import { readPicture } from '../harness/pictures/read.ts';
import { writePicture } from '../harness/pictures/write.ts';
import { readNpy, writeNpy } from '../harness/tensors/npy.ts';
import { classColour } from '../runtime/detect/draw.ts';
import { TilebedError } from '../runtime/errors.ts';
import type { Picture } from '../runtime/frames/picture.ts';
import { loadNetwork } from '../runtime/model/load.ts';

const MODELS = join(import.meta.dirname, '../../shared/models');
const TINY = {
  cfg: join(MODELS, 'yolov2-tiny.cfg'),
  weights: join(MODELS, 'yolov2-tiny.weights'),
};
const DOG = { kind: 'image', path: join(MODELS, 'dog.jpg') } as const;

const folder = mkdtempSync(join(tmpdir(), 'tilebed-infer-'));
const street = { kind: 'image', path: join(folder, 'street.png') } as const;

beforeAll(() => writePicture(street.path, pattern(300, 200)));
afterAll(() => rm(folder, { recursive: true }));

function pattern(width: number, height: number): Picture {
  const pixels = new Uint8Array(3 * width * height);
  for (const index of pixels.keys()) pixels[index] = (index * 31 + (index >> 7) * 17) % 256;
  return { width, height, pixels };
}

type Choice = Partial<InferOptions> & Pick<InferOptions, 'cfg' | 'input'>;

function run(choice: Choice): Promise<InferResult> {
  return infer({
    weights: 'synthetic:7',
    engine: 'onnxruntime',
    precision: 'float32',
    threads: 2,
    dumps: [],
    labels: [],
    threshold: 0.24,
    ...choice,
  });
}

interface Inferred {
  readonly result: InferResult;
  /** Bytes of the dumps' files. */
  readonly layers: ReadonlyMap<number, Buffer>;
}

async function runWithDumps(choice: Choice, layers: readonly number[]): Promise<Inferred> {
  const dumps = layers.map((layer) => ({ layer, path: join(folder, `layer${layer}.npy`) }));
  const result = await run({ ...choice, dumps });
  const files = dumps.map(async ({ layer, path }) => [layer, await readFile(path)] as const);
  return { result, layers: new Map(await Promise.all(files)) };
}

function expectSameBits(tiled: Inferred, whole: Inferred): void {
  expect(tiled.layers.size).toBe(whole.layers.size);
  for (const [layer, bytes] of whole.layers) {
    expect(tiled.layers.get(layer)!.equals(bytes), `layer ${layer}`).toBe(true);
  }
  expect(tiled.result.detections).toEqual(whole.result.detections);
}

function grid(text: string) {
  const [rows, columns] = text.split('x').map(Number);
  return { rows: rows!, columns: columns! };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function cfgFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function fault(choice: Choice): Promise<TilebedError> {
  const error = await run(choice).then(
    () => undefined,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(TilebedError);
  expect(error.code).toBe('INPUT');
  return error;
}

describe.skipIf(!existsSync(MODELS))('tiny YOLOv2 with trained weights', () => {
  const layers = range(16);
  let labels: string[];
  let whole: Inferred;

  beforeAll(async () => {
    labels = (await readFile(join(MODELS, 'coco.names'), 'utf8')).trim().split('\n');
    whole = await runWithDumps({ ...TINY, input: DOG, labels }, layers);
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
    const tiled = await runWithDumps(choice, layers);
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
    const fromTensor = await runWithDumps(choice, layers);
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

describe('with synthetic weights', () => {
  test('YOLOv2 as built in, in tiles and in one piece', async () => {
    const layers = [0, 7, 15, 16, 25, 28, 30, 31];
    const choice = { cfg: 'yolov2.cfg', input: street, threshold: 0.5 };
    const whole = await runWithDumps(choice, layers);
    const tiled = await runWithDumps({ ...choice, grid: grid('5x5'), fusedLayers: 16 }, layers);
    expectSameBits(tiled, whole);
    const fused = { ...choice, fusedLayers: 16, reuse: true };
    expectSameBits(await runWithDumps({ ...fused, grid: grid('5x5') }, layers), whole);
    // The grid at which regions of DeepThings' code are negative.
    expectSameBits(await runWithDumps({ ...fused, grid: grid('6x6') }, layers), whole);
    expect(whole.result.model).toBe('yolov2');
    expect(whole.layers.get(31)!.includes('(1, 425, 19, 19)')).toBe(true);
    // Never more than one part of the network is held.
    expect(tiled.result.engineBytes).toBeLessThan(whole.result.engineBytes);
  });

  test('where strides skip what no tile needs, layers are dumped whole all the same', async () => {
    const cfg = await cfgFile(
      'strides.cfg',
      `[net]
width=45
height=37
channels=3
[convolutional]
filters=4
size=3
pad=1
[convolutional]
filters=5
size=1
stride=3
activation=leaky
[convolutional]
filters=6
size=3
padding=1
activation=leaky
[maxpool]
size=2
stride=2
padding=0
[convolutional]
filters=3
size=3
pad=1
activation=linear
`,
    );
    const layers = range(5);
    const whole = await runWithDumps({ cfg, input: street }, layers);
    expect(whole.result.detections).toEqual([]);
    for (const fusedLayers of [2, 3, 4, 5]) {
      for (const text of ['1x1', '2x2', '3x4']) {
        const choice = { cfg, input: street, grid: grid(text), fusedLayers };
        expectSameBits(await runWithDumps(choice, layers), whole);
        expectSameBits(await runWithDumps({ ...choice, reuse: true }, layers), whole);
      }
    }
  });

  test('two detection layers, routes, shortcuts and upsampling', async () => {
    const cfg = await cfgFile(
      'two-scales.cfg',
      `[net]
width=64
height=48
channels=3
[convolutional]
filters=8
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=8
size=3
pad=1
activation=leaky
[shortcut]
from=-2
[convolutional]
filters=16
size=3
stride=2
pad=1
activation=mish
[convolutional]
filters=14
size=1
activation=linear
[yolo]
mask=2,3
anchors=4,4, 8,8, 16,12, 30,30
num=4
classes=2
[route]
layers=-3
[upsample]
stride=2
[route]
layers=-1,2
[convolutional]
filters=14
size=1
activation=linear
[yolo]
mask=0,1
anchors=4,4, 8,8, 16,12, 30,30
num=4
classes=2
`,
    );
    const layers = range(11);
    const choice = { cfg, input: street, threshold: 0.3 };
    const whole = await runWithDumps(choice, layers);
    expect(whole.result.detections.length).toBeGreaterThan(0);
    const tiled = await runWithDumps({ ...choice, grid: grid('3x2'), fusedLayers: 1 }, layers);
    expectSameBits(tiled, whole);
    const raw = await readNpy(join(folder, 'layer9.npy'));
    const activated = await readNpy(join(folder, 'layer10.npy'));
    expect(activated.data[0]).toBeCloseTo(1 / (1 + Math.exp(-raw.data[0]!)), 5);
    const error = await fault({ ...choice, grid: grid('2x2'), fusedLayers: 2 });
    expect(error.message).toContain('shortcut');
  });
});

describe('what cannot be done is said before anything is computed', () => {
  const tiny = { cfg: 'yolov2-tiny.cfg', input: street } as const;

  test.each<[string, Partial<InferOptions>, string]>([
    ['an unknown cfg', { cfg: 'yolov9.cfg' }, 'yolov9.cfg'],
    ['weights that are not there', { weights: 'yolov9' }, 'yolov9'],
    ['an unknown engine', { engine: 'abacus' }, 'abacus'],
    ['a grid without fused layers', { grid: grid('2x2') }, 'number of fused layers'],
    ['fused layers without a grid', { fusedLayers: 4 }, 'without a grid'],
    ['too fine a grid', { grid: grid('40x40'), fusedLayers: 12 }, '40x40'],
    ['too many fused layers', { grid: grid('2x2'), fusedLayers: 16 }, 'region'],
    ['a layer that is not there', { dumps: [{ layer: 16, path: 'x.npy' }] }, '0 to 15'],
    ['a dump into no folder', { dumps: [{ layer: 1, path: 'no/where/x.npy' }] }, 'no/where'],
    ['an annotated picture of another kind', { output: join(folder, 'x.gif') }, 'x.gif'],
    ['a picture that is not there', { input: { kind: 'image', path: 'no.jpg' } }, 'no.jpg'],
    ['a tensor that is not there', { input: { kind: 'tensor', path: 'no.npy' } }, 'no.npy'],
    [
      'an annotated tensor',
      { input: { kind: 'tensor', path: 'no.npy' }, output: join(folder, 'x.png') },
      'no picture',
    ],
  ])('%s', async (_, options, named) => {
    expect((await fault({ ...tiny, ...options })).message).toContain(named);
  });

  test('reuse without tiles', async () => {
    await expect(run({ cfg: 'yolov2.cfg', input: street, reuse: true })).rejects.toThrow(
      'without tiles there are no halos to reuse',
    );
  });

  test('a tensor of another shape', async () => {
    const path = join(folder, 'wrong.npy');
    await writeNpy(path, [1, 3, 4, 5], new Float32Array(60));
    const error = await fault({ ...tiny, input: { kind: 'tensor', path } });
    expect(error.message).toContain('(1, 3, 4, 5)');
    expect(error.message).toContain('(1, 3, 416, 416)');
  });

  test('a picture for a network that takes other channels', async () => {
    const cfg = await cfgFile(
      'grey.cfg',
      '[net]\nwidth=8\nheight=8\nchannels=1\n[maxpool]\nsize=2\nstride=2\n',
    );
    expect((await fault({ cfg, input: street })).message).toContain('1 channels');
  });

  test('an abort ends it with its reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const choice = { ...tiny, grid: grid('2x2'), fusedLayers: 4, signal };
    await expect(run(choice)).rejects.toBe(reason);
  });
});
