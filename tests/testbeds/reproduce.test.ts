/** The papers' figures, through the command line. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrialRecord } from '../../harness/results/format.ts';
import type { Reproduction } from '../../harness/results/reproduction.ts';
import { tilebed } from '../support/cli.ts';
import { withoutCgroups, withoutNetns } from '../support/require.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-reproduce-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function reproduce(figure: string, ...more: string[]): Promise<Reproduction> {
  const results = join(folder, figure);
  const argv = ['reproduce', figure, '--results', results, '--quiet', ...more];
  const { exitCode, stderr } = await tilebed(argv, { env: { TILEBED_HOME: folder } });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  for (const file of ['reproduction.html', 'reproduction.md']) {
    expect(await readFile(join(results, file), 'utf8')).toContain('paper');
  }
  return JSON.parse(await readFile(join(results, 'reproduction.json'), 'utf8')) as Reproduction;
}

async function readResultsOf(figure: string): Promise<TrialRecord[]> {
  const text = await readFile(join(folder, figure, 'trials.jsonl'), 'utf8');
  const lines = text.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as TrialRecord);
}

test('figure 11 is the paper’s, and all its claims hold', async () => {
  const { panels, claims } = await reproduce('deepthings-fig11');
  for (const { paper, ours, name } of panels.flatMap(({ series }) => series)) {
    for (const [index, value] of ours.entries()) {
      expect(Math.abs(value! - paper[index]!), name).toBeLessThan(0.01);
    }
  }
  expect(claims.map(({ verdict }) => verdict)).toEqual(claims.map(() => 'holds'));
});

test('two figures from the same results lie beside each other', async () => {
  const first = await reproduce('deepthings-fig11');
  const results = join(folder, 'deepthings-fig11');
  const argv = ['reproduce', 'deepthings-fig12', '--computed', '--results', results, '--resume'];
  const { exitCode, stdout } = await tilebed(argv);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('reproduction-deepthings-fig12.html');
  const read = async (name: string) =>
    (JSON.parse(await readFile(join(results, name), 'utf8')) as Reproduction).figure;
  expect(await read('reproduction.json')).toBe(first.figure);
  expect(await read('reproduction-deepthings-fig12.json')).toBe('deepthings-fig12');
});

test('a figure that nobody has is wrong usage, before anything is made', async () => {
  const { exitCode, stderr } = await tilebed(['reproduce', 'deepthings-fig99']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('deepthings-fig13');
});

describe.skipIf(withoutNetns || withoutCgroups)('on emulated devices', () => {
  test('figure 13, quickly: every point that it asks for, in the time of the devices', async () => {
    const { panels, speedups, setting } = await reproduce('deepthings-fig13', '--quick');
    const [latency] = panels;
    const trials = await readResultsOf('deepthings-fig13');
    expect(trials.map(({ status }) => status)).toEqual(trials.map(() => 'ok'));
    expect(trials).toHaveLength(7);
    // On a machine that cannot carry the links eight times faster, all are left out, and the setting says why.
    if (trials.some(({ verdict }) => verdict?.verdict === 'invalid')) {
      expect(setting.join('\n')).toContain('are invalid and left out');
      return;
    }
    const curves = ['MoDNN', '5x5 WST', '5x5 WST-S'];
    for (const curve of curves) {
      const { ours } = latency!.series.find(({ name }) => name === curve)!;
      expect(
        ours.map((value) => value !== null),
        curve,
      ).toEqual([true, false, false, true, false, false]);
    }
    expect(speedups.map(({ name }) => name)).toEqual(curves.map((curve) => `${curve}, 4 devices`));
    expect(latency!.how).toBe('measurement');
    expect(setting.join('\n')).toContain('8 times faster than real');
    expect(setting.join('\n')).toContain('6 nodes are rpi3');
  }, 400_000);
});
