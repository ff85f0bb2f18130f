/** The governor's scripts, run on a folder like the kernel's: no machine of these tests can change its clock rate. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PUT_GOVERNOR_BACK, setGovernor } from './governor.ts';

let folder: string;
let record: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilebed-governor-'));
  record = join(folder, 'record');
  for (const [cpu, governor] of ['ondemand', 'powersave'].entries()) {
    mkdirSync(join(folder, `cpu${cpu}/cpufreq`), { recursive: true });
    writeFileSync(file(cpu), `${governor}\n`);
  }
  // Neither is a CPU with a clock rate of its own.
  mkdirSync(join(folder, 'cpufreq'));
  mkdirSync(join(folder, 'cpuidle'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (cpu: number) => join(folder, `cpu${cpu}/cpufreq/scaling_governor`);
const governors = () => [0, 1].map((cpu) => readFileSync(file(cpu), 'utf8').trim());

function set(governor: string) {
  const [command, ...args] = setGovernor(governor, record, folder);
  return spawnSync(command!, args, { encoding: 'utf8' });
}

function putBack(): string {
  const script = `record="$1"\n${PUT_GOVERNOR_BACK}`;
  return spawnSync('sh', ['-c', script, 'sh', record], { encoding: 'utf8' }).stdout;
}

test('each CPU gets back what it had before the first of several changes', () => {
  expect(set('performance').status).toBe(0);
  expect(set('userspace').status).toBe(0);
  expect(governors()).toEqual(['userspace', 'userspace']);
  expect(putBack()).toBe('the governor of before is back\n');
  expect(governors()).toEqual(['ondemand', 'powersave']);
  expect(putBack()).toBe('');
});

test('a governor that the kernel refuses is told with those that there are', () => {
  rmSync(file(1));
  mkdirSync(file(1));
  writeFileSync(join(folder, 'cpu1/cpufreq/scaling_available_governors'), 'ondemand powersave\n');
  const { status, stderr } = set('perfomance');
  expect(status).toBe(1);
  expect(stderr).toContain('do not take the governor perfomance; they have ondemand powersave');
});
