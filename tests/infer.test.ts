/** Inference in one process with weights from a seed: the same bits whatever the grid, and faults. */
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InferOptions } from '../harness/infer/infer.ts';
import { writePicture } from '../harness/pictures/write.ts';
import { readNpy, writeNpy } from '../harness/tensors/npy.ts';
import { TilebedError } from '../runtime/errors.ts';
import type { Picture } from '../runtime/frames/picture.ts';
import {
  type Choice,
  expectSameBits,
  grid,
  range,
  run,
  runWithDumps,
} from './support/inference.ts';

const folder = mkdtempSync(join(tmpdir(), 'tilebed-infer-'));
const street = { kind: 'image', path: join(folder, 'street.png') } as const;

beforeAll(() => writePicture(street.path, pattern(300, 200)));
afterAll(() => rm(folder, { recursive: true }));

function pattern(width: number, height: number): Picture {
  const pixels = new Uint8Array(3 * width * height);
  for (const index of pixels.keys()) pixels[index] = (index * 31 + (index >> 7) * 17) % 256;
  return { width, height, pixels };
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

describe('with synthetic weights', () => {
  test('YOLOv2 as built in, in tiles and in one piece', async () => {
    const layers = [0, 7, 15, 16, 25, 28, 30, 31];
    const choice = { cfg: 'yolov2.cfg', input: street, threshold: 0.5 };
    const whole = await runWithDumps(folder, choice, layers);
    const tiled = await runWithDumps(
      folder,
      { ...choice, grid: grid('5x5'), fusedLayers: 16 },
      layers,
    );
    expectSameBits(tiled, whole);
    // With reuse, where the network ends behind them; at 6x6 regions of DeepThings' code are negative.
    const fused = { ...choice, cfg: 'yolov2-first16.cfg', fusedLayers: 16, reuse: true };
    for (const text of ['5x5', '6x6']) {
      const reusing = await runWithDumps(folder, { ...fused, grid: grid(text) }, [0, 7, 15]);
      for (const [layer, bytes] of reusing.layers) {
        expect(bytes.equals(whole.layers.get(layer)!), `${text}, layer ${layer}`).toBe(true);
      }
    }
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
    const whole = await runWithDumps(folder, { cfg, input: street }, layers);
    expect(whole.result.detections).toEqual([]);
    for (const fusedLayers of [2, 3, 4, 5]) {
      for (const text of ['1x1', '2x2', '3x4']) {
        const choice = { cfg, input: street, grid: grid(text), fusedLayers };
        expectSameBits(await runWithDumps(folder, choice, layers), whole);
        expectSameBits(await runWithDumps(folder, { ...choice, reuse: true }, layers), whole);
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
    const whole = await runWithDumps(folder, choice, layers);
    expect(whole.result.detections.length).toBeGreaterThan(0);
    const tiled = await runWithDumps(
      folder,
      { ...choice, grid: grid('3x2'), fusedLayers: 1 },
      layers,
    );
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
