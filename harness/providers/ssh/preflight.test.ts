/** What a look at machines says of each, without machines. */
import { describe, expect, test } from 'vitest';
import { TilebedError } from '../../../runtime/errors.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { type HostFacts, parseFacts } from './facts.ts';
import { throttleFlags } from './health.ts';
import { Machine } from './machine.ts';
import { machineReport } from './preflight.ts';

const TESTBED = {
  name: 'rack',
  file: '/rack.yaml',
  subnet: '10.0.0.0/24',
  providerBlock: {},
} as Testbed;
const HOST = {
  address: '10.0.0.3',
  port: 22,
  user: 'pi',
  hostKeys: 'strict',
  knownHostsFile: '/none',
} as const;
const WELL: HostFacts = {
  ...parseFacts('', 0),
  architecture: 'aarch64',
  system: 'Debian GNU/Linux 12 (bookworm)',
  model: 'Raspberry Pi 4 Model B Rev 1.4',
  libc: 'glibc 2.36',
  memoryBytes: 4e9,
  cpus: 4,
  canBeRoot: true,
  freeBytes: 20e9,
  governor: 'performance',
  celsius: 48.2,
  throttled: 0,
  clockOffsetMs: 20,
  groups: 2,
  controllers: ['cpu', 'cpuset', 'memory'],
  interfaces: [{ name: 'eth0', cidr: '10.0.0.3/24' }],
};

function report(more: Partial<HostFacts> = {}, wishes: object = {}, block: object = {}) {
  const spec = { name: 'edge0', role: 'edge' as const, address: '10.0.0.3', ...wishes };
  const facts = { ...WELL, ...more };
  const node = { spec, machine: new Machine('edge0', HOST), facts, error: undefined };
  return machineReport(node, { ...TESTBED, providerBlock: block } as Testbed);
}

const messages = (faults: readonly { readonly message: string }[]) =>
  faults.map(({ message }) => message);

test('a machine that is well has nothing said of it', () => {
  expect(report()).toMatchObject({ problems: [], warnings: [] });
  expect(report().facts).toMatchObject({
    system: 'Debian 12',
    memory: '4.0 GB',
    swap: 'none',
    clock: '+0.0 s',
    heat: '48 °C',
    power: 'well',
  });
});

describe('what keeps it from working', () => {
  test.each([
    ['an architecture', { architecture: 'armv6l' }, {}, 'no Node.js for armv6l'],
    ['another C library', { libc: '' }, {}, 'not built on glibc'],
    ['a full disk', { freeBytes: 2e8 }, {}, 'the disk is nearly full: 200 MB'],
    ['another address', { interfaces: [] }, {}, 'does not have the address 10.0.0.3'],
    ['too few CPUs', {}, { cpus: [4] }, 'to be pinned to CPU 4, but has CPUs 0 to 3'],
    ['too little memory', {}, { memoryBytes: 8e9 }, 'to have 8000 MB of memory, but has 4000 MB'],
    ['no memory limits', { controllers: [] }, { memoryBytes: 1e9 }, 'keeps no memory limits'],
  ])('%s', (_, more, wishes, message) => {
    const { problems } = report(more, wishes);
    expect(messages(problems)).toEqual([expect.stringContaining(message)]);
  });

  test('no root where root must set things', () => {
    const { problems } = report({ canBeRoot: false }, {}, { governor: 'performance' });
    expect(problems[0]).toMatchObject({
      message: expect.stringContaining('pi must become root to set the governor'),
      fix: expect.stringContaining('/etc/sudoers.d/tilebed'),
    });
  });
});

describe('what makes its figures worse', () => {
  test.each([
    ['under-voltage', { throttled: 0x50005 }, 'under-voltage, throttled, under-voltage earlier'],
    ['heat', { celsius: 84.9 }, 'it is 85 °C hot'],
    ['swap', { swapBytes: 1e8 }, 'it swaps'],
    ['a governor', { governor: 'ondemand' }, 'follows its load (ondemand)'],
    ['a clock behind', { clockOffsetMs: -73_000 }, 'clock is 73.0 s behind this'],
    ['no root', { canBeRoot: false }, 'pi may not become root'],
  ])('%s', (_, more, message) => {
    const { problems, warnings } = report(more);
    expect(problems).toEqual([]);
    expect(messages(warnings)).toEqual([expect.stringContaining(message)]);
    expect(warnings[0]!.fix).toBeTruthy();
  });

  test('a governor that the testbed sets is none', () => {
    expect(report({ governor: 'ondemand' }, {}, { governor: 'performance' }).warnings).toEqual([]);
  });

  test('flags of the firmware in words', () => {
    expect(throttleFlags(0)).toEqual([]);
    expect(throttleFlags(0xe0008)).toEqual([
      'at its temperature limit',
      'its clock rate was capped earlier',
      'throttled earlier',
      'at its temperature limit earlier',
    ]);
  });
});

test('a machine that does not answer has its reason, once, and what mends it', () => {
  const spec = { name: 'edge1', role: 'edge' as const, address: '10.0.0.3' };
  const error = new TilebedError('FAILED', 'edge1: it does not answer', { hint: 'is it powered?' });
  const node = { spec, machine: new Machine('edge1', HOST), facts: undefined, error };
  expect(machineReport(node, TESTBED)).toEqual({
    node: 'edge1',
    at: 'pi@10.0.0.3',
    facts: {},
    problems: [{ message: 'it does not answer', fix: 'is it powered?' }],
    warnings: [],
  });
});
