/** Joules from readings, counters and a model; the meter is a real process. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TraceSpan } from '../results/format.ts';
import { joulesBetween } from './integrate.ts';
import { MeterReader } from './meter.ts';
import { modelJoules } from './model.ts';
import { joulesSince, readRapl } from './rapl.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-energy-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('readings hold until the next, the first from the beginning on', () => {
  const samples = [
    { atMs: 100, watts: 2 },
    { atMs: 1100, watts: 4 },
    { atMs: 9000, watts: 100 },
  ];
  expect(joulesBetween(samples, 0, 2100)).toEqual({ joules: 6.2, samples: 2 });
  expect(joulesBetween(samples, 600, 1100)).toEqual({ joules: 1, samples: 1 });
  expect(joulesBetween(samples, 0, 50)).toBeUndefined();
});

async function packageCounter(name: string, microjoules: number): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'energy_uj'), `${microjoules}\n`);
  await writeFile(join(folder, name, 'max_energy_range_uj'), '10000000\n');
}

test('packages are added up, their parts are not, and a counter may begin again', async () => {
  await packageCounter('intel-rapl:0', 1_000_000);
  await packageCounter('intel-rapl:1', 9_500_000);
  await packageCounter('intel-rapl:0:0', 1_000_000);
  const before = readRapl(folder);
  await packageCounter('intel-rapl:0', 3_000_000);
  await packageCounter('intel-rapl:1', 500_000);
  await packageCounter('intel-rapl:0:0', 5_000_000);
  expect(joulesSince(before, readRapl(folder))).toBeCloseTo(3);
  expect(joulesSince(readRapl(join(folder, 'none')), readRapl(folder))).toBeUndefined();
});

test('a device is idle all the time, and busy where a core of it works', () => {
  const span = (kind: TraceSpan['kind'], startMs: number, endMs: number): TraceSpan => ({
    kind,
    node: 'edge0',
    startMs,
    endMs,
  });
  // Busy from 0 to 300 and from 500 to 600; transfers wait.
  const spans = [
    span('compute', -50, 200),
    span('cut', 100, 300),
    span('transfer', 300, 500),
    span('finish', 500, 900),
  ];
  const power = { idleWatts: 1, busyWatts: 3 };
  expect(modelJoules(power, spans, 600, 1)).toBeCloseTo(0.6 + 2 * 0.4);
  expect(modelJoules(power, spans, 600, 4)).toBeCloseTo(4 * 1.4);
});

const fast = { intervalMs: 5, wattsPerUnit: 1e-3 };

test('a meter that goes on, one that is asked again and again, and a file', async () => {
  const goesOn = 'console.log(1500); setInterval(() => console.log(2500), 5)';
  const file = join(folder, 'power1_input');
  await writeFile(file, '4000\n');
  const readers = [
    new MeterReader({ command: [process.execPath, '-e', goesOn], ...fast }),
    new MeterReader({ command: ['echo', '1500'], ...fast }),
    new MeterReader({ file, ...fast }),
  ];
  await expect
    .poll(() => readers.map(({ samples }) => samples.length >= 2))
    .toEqual([true, true, true]);
  await Promise.all(readers.map((reader) => reader.end()));
  const counts = readers.map(({ samples }) => samples.length);
  expect(readers.map(({ samples }) => samples[1]!.watts)).toEqual([2.5, 1.5, 4]);
  expect(readers.map(({ samples }) => samples.length)).toEqual(counts);
});

test.each([
  { name: 'says no number', command: ['echo', 'volts'], says: '`volts` is no number' },
  { name: 'is not there', command: ['no-such-meter'], says: 'no-such-meter' },
])('a meter that $name is told of before it is relied on', async ({ command, says }) => {
  await expect(MeterReader.tried({ command, ...fast }, 'edge0')).rejects.toThrow(says);
});
