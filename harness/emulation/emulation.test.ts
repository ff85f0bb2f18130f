/** How nodes become devices, with a provider that only writes down what it is asked for. */
import { expect, test } from 'vitest';
import type { NodeFaults } from '../providers/provider.ts';
import type { TestbedNode } from '../spec/resolved.ts';
import { type Calibration, periodFor } from './calibration.ts';
import { EmulatedNode } from './emulation.ts';

const NODE: TestbedNode = { name: 'edge0', role: 'edge', address: '10.35.0.2', device: 'rpi3' };
const CALIBRATION: Calibration = {
  cpuModel: 'a model',
  engine: 'onnxruntime 1',
  targetMs: 3390,
  cpuQuota: 0.1,
  periodUs: 20_000,
  fullSpeedMs: 350,
  foundMs: 3400,
  verifiedMs: 3410,
  measuredAt: '2026-11-25T16:00:00.000Z',
};

function noting(): { readonly faults: NodeFaults; readonly notes: string[] } {
  const notes: string[] = [];
  const faults: NodeFaults = {
    freeze: async () => async () => {},
    cut: async () => async () => {},
    slow: async (share, periodUs) => {
      notes.push(`${share} every ${periodUs}`);
      return async () => {
        notes.push('undone');
      };
    },
  };
  return { faults, notes };
}

test('a fault slows an emulated device further, and its end leaves the device', async () => {
  const { faults, notes } = noting();
  const node = new EmulatedNode(NODE, faults, CALIBRATION);
  const leave = await node.become();
  const recover = await node.slow(0.5);
  await recover();
  await leave();
  expect(notes).toEqual(['0.1 every 20000', '0.05 every 20000', '0.1 every 20000', 'undone']);
});

test('each of several cores is as slow as the device', async () => {
  const { faults, notes } = noting();
  // The share is of what the node has: both CPUs.
  await new EmulatedNode({ ...NODE, cpus: [0, 1] }, faults, CALIBRATION).become();
  expect(notes).toEqual(['0.1 every 20000']);
});

test.each([
  { cpuQuota: 0.5, periodUs: 10_000 },
  { cpuQuota: 0.1, periodUs: 20_000 },
  { cpuQuota: 0.01, periodUs: 100_000 },
])('a quota of $cpuQuota CPUs is given out every $periodUs us', ({ cpuQuota, periodUs }) => {
  expect(periodFor(cpuQuota)).toBe(periodUs);
});
