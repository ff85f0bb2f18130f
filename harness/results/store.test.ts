import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrialRecord } from './format.ts';
import { ResultsStore } from './store.ts';

const RECORD: TrialRecord = {
  trial: 'abc',
  parameters: { edges: 1, grid: '1x1', fusedLayers: 1, strategy: 'ftp-wst', reuse: false },
  repetition: 1,
  status: 'ok',
  startedAt: '2026-01-01T00:00:00Z',
  order: 0,
  makespanMs: 1,
  throughputFps: 1,
  frames: [],
  lostFrames: [],
  nodes: {},
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was appended is read again', async () => {
  const store = await ResultsStore.open(folder, { resume: false });
  await store.append(RECORD);
  await store.append({ ...RECORD, repetition: 2 });
  expect(await store.records()).toEqual([RECORD, { ...RECORD, repetition: 2 }]);
});

test('results are not mixed with others, unless they are continued', async () => {
  await (await ResultsStore.open(folder, { resume: false })).append(RECORD);
  await expect(ResultsStore.open(folder, { resume: false })).rejects.toMatchObject({
    code: 'INPUT',
    message: `${folder} holds the results of 1 trials`,
  });
  await expect(ResultsStore.open(folder, { resume: true })).resolves.toBeDefined();
});

test('a line that a crash has torn is dropped before the next one', async () => {
  await (await ResultsStore.open(folder, { resume: false })).append(RECORD);
  const file = join(folder, 'trials.jsonl');
  await appendFile(file, '{"trial":"ä');
  const store = await ResultsStore.open(folder, { resume: true });
  await store.append({ ...RECORD, repetition: 2 });
  expect((await store.records()).map(({ repetition }) => repetition)).toEqual([1, 2]);
  expect(await readFile(file, 'utf8')).not.toContain('ä');
});

test('of thousands of trials it remembers who is done, and little else', async () => {
  const nodes = Object.fromEntries(
    Array.from({ length: 7 }, (_, index) => [`edge${index}`, { text: 'x'.repeat(300) }]),
  ) as unknown as TrialRecord['nodes'];
  const lines = Array.from({ length: 10_000 }, (_, index) =>
    JSON.stringify({
      ...RECORD,
      trial: `trial${index}`,
      status: index % 100 === 0 ? 'failed' : 'ok',
      nodes,
    }),
  );
  await writeFile(join(folder, 'trials.jsonl'), `${lines.join('\n')}\n`);
  const store = await ResultsStore.open(folder, { resume: true });
  expect(store.count).toBe(10_000);
  expect(store.isDone({ trial: 'trial1', repetition: 1 })).toBe(true);
  expect(store.isDone({ trial: 'trial1', repetition: 2 })).toBe(false);
  expect(store.isDone({ trial: 'trial100', repetition: 1 })).toBe(false);
  await store.append({ ...RECORD, trial: 'trial100' });
  expect(store.isDone({ trial: 'trial100', repetition: 1 })).toBe(true);
});

test('a damaged line in the middle is named, not passed over', async () => {
  await writeFile(join(folder, 'trials.jsonl'), `${JSON.stringify(RECORD)}\nnonsense\n`);
  await expect(ResultsStore.open(folder, { resume: true })).rejects.toMatchObject({
    code: 'INPUT',
    message: `${join(folder, 'trials.jsonl')}:2: this is no trial`,
  });
});
