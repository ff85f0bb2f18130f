/** How nodes become devices, with a provider that only writes down what it is asked for. */
import { expect, test } from 'vitest';
import type { NodeFaults } from '../providers/provider.ts';
import type { TestbedNode } from '../spec/resolved.ts';
import type { Calibration } from './calibration.ts';
import { EmulatedNode } from './emulation.ts';

const NODE: TestbedNode = { name: 'edge0', role: 'edge', address: '10.35.0.2', device: 'rpi3' };
const CALIBRATION: Calibration = {
  cpuModel: 'a model',
  engine: 'onnxruntime 1',
  targetMs: 3390,
  cpuQuota: 0.1,
  fullSpeedMs: 339,
  verifiedMs: 3400,
  measuredAt: '2026-11-25T16:00:00.000Z',
};

function noting(): { readonly faults: NodeFaults; readonly shares: number[] } {
  const shares: number[] = [];
  const faults: NodeFaults = {
    freeze: async () => async () => {},
    cut: async () => async () => {},
    slow: async (share) => {
      shares.push(share);
      return async () => {};
    },
  };
  return { faults, shares };
}

test('a fault slows down what the device leaves', async () => {
  const { faults, shares } = noting();
  await new EmulatedNode({ spec: NODE, faults }, CALIBRATION).slow(0.5);
  expect(shares).toEqual([0.05]);
});

test('a device of two cores is as much slower on each', async () => {
  const { faults, shares } = noting();
  // The share is of what the node has: both CPUs, or the part of one that it is limited to.
  const spec = { ...NODE, cpus: [0, 1] };
  await new EmulatedNode({ spec, faults }, CALIBRATION).slow(0.5);
  await new EmulatedNode({ spec: { ...spec, cpuQuota: 1 }, faults }, CALIBRATION).slow(0.5);
  expect(shares).toEqual([0.05, 0.1]);
});
