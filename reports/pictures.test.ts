import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outputPath } from '../harness/results/layout.ts';
import { writeFixture } from './fixture.ts';
import { readGallery } from './pictures.ts';
import type { Results } from './read.ts';

let folder: string;
let results: Results;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-pictures-'));
  results = await writeFixture(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('one picture a frame, of the first trial that has one', async () => {
  await rm(outputPath(folder, results.trials[0]!, { source: 'edge0', frame: 1 }));
  const { pictures, leftOut } = await readGallery(results, 1e6);
  expect(pictures.map(({ frame, line }) => [frame, line])).toEqual([
    [0, 1],
    [1, 2],
    [2, 1],
  ]);
  expect(leftOut).toBe(0);
  for (const { base64 } of pictures) {
    expect(Buffer.from(base64, 'base64').subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  }
});

test('stops at the limit and counts what found no room', async () => {
  const all = await readGallery(results, 1e6);
  const [first, second] = all.pictures.map(({ base64 }) => base64.length);
  const { pictures, leftOut } = await readGallery(results, first! + second!);
  expect(pictures.map(({ frame }) => frame)).toEqual([0, 1]);
  expect(leftOut).toBe(1);
  expect(await readGallery(results, -5)).toEqual({ pictures: [], leftOut: 3 });
});

test('takes JPEG files alone, and none from outside the folder', async () => {
  await writeFile(outputPath(folder, results.trials[0]!, { source: 'edge0', frame: 0 }), 'secret');
  await writeFile(outputPath(folder, results.trials[0]!, { source: 'edge0', frame: 1 }), '');
  const [trial] = results.trials;
  const escaping = { ...trial!.frames[2]!, source: '../../../outside' };
  const outside = `${join(folder, '..', 'outside')}-2.jpg`;
  await writeFile(outside, Buffer.from([0xff, 0xd8, 0xff]));
  const frames = [...trial!.frames.slice(0, 2), escaping];
  try {
    const gallery = await readGallery({ ...results, trials: [{ ...trial!, frames }] }, 1e6);
    expect(gallery).toEqual({ pictures: [], leftOut: 0 });
  } finally {
    await rm(outside);
  }
});
