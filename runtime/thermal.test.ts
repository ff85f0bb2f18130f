/** Heat and throttling, read from a folder like the kernel's and an answer like the firmware's. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ThermalWatch } from './thermal.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tilebed-thermal-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
}

test('a machine that tells nothing', () => {
  expect(new ThermalWatch({ root, firmware: () => undefined }).report()).toBeUndefined();
});

test('the hottest zone, and a counter that rose', async () => {
  await write('class/thermal/thermal_zone0/temp', '41000\n');
  await write('class/thermal/thermal_zone1/temp', '83500\n');
  await write('devices/system/cpu/cpu0/thermal_throttle/core_throttle_count', '7\n');
  const watch = new ThermalWatch({ root, firmware: () => undefined });
  expect(watch.report()).toEqual({ celsius: 83.5, throttled: false });
  await write('devices/system/cpu/cpu0/thermal_throttle/core_throttle_count', '8\n');
  expect(watch.report()).toEqual({ celsius: 83.5, throttled: true });
});

test.each([
  { name: 'never', before: '0x0', after: '0x0', throttled: false },
  { name: 'before, and no more', before: '0x50000', after: '0x50000', throttled: false },
  { name: 'meanwhile', before: '0x0', after: '0x40000', throttled: true },
  { name: 'now', before: '0x50000', after: '0x50004', throttled: true },
])('a Pi that was throttled $name', ({ before, after, throttled }) => {
  const answers = [`throttled=${before}\n`, `throttled=${after}\n`];
  const watch = new ThermalWatch({ root, firmware: () => answers.shift() });
  expect(watch.report()).toEqual({ throttled });
});
