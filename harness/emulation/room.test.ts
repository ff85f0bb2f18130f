/** Whether emulated devices have room: by their quotas where those are known, else by what they should be. */
import { expect, test } from 'vitest';
import type { TestbedNode } from '../spec/resolved.ts';
import { roomFor } from './room.ts';

function pis(count: number, plainMs: number): readonly TestbedNode[] {
  const pi = { role: 'edge', address: '10.35.0.3', device: 'rpi3', plainMs } as const;
  const gateway = { name: 'gateway', role: 'gateway', address: '10.35.0.2' } as const;
  return [gateway, ...Array.from({ length: count }, (_, at) => ({ ...pi, name: `edge${at}` }))];
}

test('six Pis and a gateway fit on two CPUs four times faster than real, and not sixty times', () => {
  const fits = roomFor({ name: 'pis', nodes: pis(6, 3390), timeScale: 4 }, 2);
  expect(fits.isTooSmall).toBe(false);
  expect(fits.warning).toBeUndefined();
  const crowded = roomFor({ name: 'pis', nodes: pis(6, 13_560 / 60), timeScale: 60 }, 2);
  expect(crowded.isTooSmall).toBe(true);
  expect(crowded.hint).toMatch(/timeScale below 1\d\.\d/);
});

test('what was measured counts, and what the gateway may use counts too', () => {
  const testbed = { name: 'pis', nodes: pis(6, 3390), timeScale: 4 };
  const room = roomFor(testbed, 2, () => 0.25);
  expect(room).toMatchObject({ devices: 1.5, others: 1, isTooSmall: false });
  expect(room.warning).toContain(
    'asks for 1.50 CPUs of 6 emulated devices and 1.00 of other nodes',
  );
  expect(roomFor(testbed, 4, () => 0.25).warning).toBeUndefined();
});

test('a testbed that emulates nothing is not warned of', () => {
  const nodes = pis(8, 1).map(({ plainMs: _, ...node }) => node);
  expect(roomFor({ name: 'all', nodes }, 2).warning).toBeUndefined();
});
