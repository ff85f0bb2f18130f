import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MANIFEST_FILE, TRIALS_FILE, tracePath } from '../harness/results/layout.ts';
import { writeFixture } from './fixture.ts';
import { isInside, type Results, readResults, trialLines } from './read.ts';

let folder: string;
let written: Results;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-read-'));
  written = await writeFixture(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('reads back what was written', async () => {
  const results = await readResults(folder);
  expect(results).toEqual(JSON.parse(JSON.stringify(written)));
  expect(trialLines(results)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('leaves out a last line that a crash cut off', async () => {
  const file = join(folder, TRIALS_FILE);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.slice(0, -40));
  const results = await readResults(folder);
  expect(results.trials).toHaveLength(5);
  expect(results.damagedLines).toEqual([6]);
});

test('keeps the line numbers of trials behind a damaged line', async () => {
  const file = join(folder, TRIALS_FILE);
  const lines = (await readFile(file, 'utf8')).split('\n');
  lines.splice(2, 0, '{"trial": "cut o', '', '[]', '{"trial": 7}');
  await writeFile(file, lines.join('\n'));
  const results = await readResults(folder);
  expect(results.damagedLines).toEqual([3, 4, 5, 6]);
  expect(trialLines(results)).toEqual([1, 2, 7, 8, 9, 10]);
});

test('a repetition that was run again has two lines and one trace', async () => {
  const [first] = written.trials;
  const again = { ...first, order: 6 };
  await appendFile(join(folder, TRIALS_FILE), `${JSON.stringify(again)}\n`);
  const results = await readResults(folder);
  expect(results.trials).toHaveLength(7);
  expect(results.traces).toEqual(written.traces);
});

test('does without trials and without traces', async () => {
  await rm(tracePath(folder, written.trials[0]!));
  await writeFile(tracePath(folder, written.trials[1]!), '{"spans": [');
  expect((await readResults(folder)).traces).toEqual(written.traces.slice(2));
  await rm(join(folder, TRIALS_FILE));
  const results = await readResults(folder);
  expect([results.trials, results.traces, results.damagedLines]).toEqual([[], [], []]);
});

test('never reads a trace outside the folder, whatever a trial is called', async () => {
  const trial = { ...written.trials[0], trial: '../../outside' };
  await writeFile(`${folder}-outside.json`, '');
  await appendFile(join(folder, TRIALS_FILE), `${JSON.stringify(trial)}\n`);
  const outside = tracePath(folder, { trial: '../../outside', repetition: trial.repetition! });
  await writeFile(outside, JSON.stringify({ spans: [] }));
  try {
    const { trials, traces } = await readResults(folder);
    expect(trials).toHaveLength(7);
    expect(traces).toHaveLength(5);
  } finally {
    await rm(outside);
    await rm(`${folder}-outside.json`);
  }
});

test('knows paths that leave a folder', () => {
  expect(isInside('/a/b', '/a/b/c')).toBe(true);
  expect(isInside('/a/b', '/a/b/..c')).toBe(true);
  expect(isInside('/a/b', '/a/b/c/../../x')).toBe(false);
  expect(isInside('/a/b', '/a/bc')).toBe(false);
  expect(isInside('/a/b', '/a/b')).toBe(false);
});

test('says what is wrong with a folder that holds no results', async () => {
  await expect(readResults(join(folder, 'logs'))).rejects.toMatchObject({
    code: 'INPUT',
    message: expect.stringContaining('no results folder'),
    hint: expect.stringContaining('tilebed run'),
  });
  await expect(readResults(join(folder, TRIALS_FILE))).rejects.toMatchObject({ code: 'INPUT' });
  await writeFile(join(folder, MANIFEST_FILE), '{"format": 1,');
  await expect(readResults(folder)).rejects.toMatchObject({
    code: 'INPUT',
    position: { file: join(folder, MANIFEST_FILE) },
  });
  await writeFile(join(folder, MANIFEST_FILE), '{"format": 2}');
  await expect(readResults(folder)).rejects.toMatchObject({
    code: 'INPUT',
    message: expect.stringContaining('format 2'),
  });
});
