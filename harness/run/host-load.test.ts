/** What others do on a CPU that a node is pinned to is told apart from what the node does. */
import { expect, test } from 'vitest';
import { HostLoad } from './host-load.ts';

function burn(ms: number): number {
  const start = process.cpuUsage();
  const until = performance.now() + ms;
  while (performance.now() < until);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

test('a node of its own CPU is not taken for others, and nobody is counted where nobody is pinned', () => {
  const load = new HostLoad();
  const cpuSeconds = burn(300);
  // Whatever this machine did: less than nothing is left when the node claims more than there was.
  const [greedy] = load.onPinned([{ name: 'edge0', cpus: [0], cpuSeconds: 1000 }]);
  expect(greedy).toEqual({ cpu: 0, nodes: ['edge0'], others: 0 });
  expect(load.onPinned([])).toEqual([]);
  expect(load.onPinned([{ name: 'edge0', cpus: [4095], cpuSeconds }])).toEqual([]);
});

test('a busy process shows on the CPUs that it uses', () => {
  const load = new HostLoad();
  burn(300);
  const everywhere = load.onPinned(
    Array.from({ length: 64 }, (_, cpu) => ({ name: `edge${cpu}`, cpus: [cpu], cpuSeconds: 0 })),
  );
  const others = everywhere.reduce((sum, one) => sum + one.others, 0);
  expect(others).toBeGreaterThan(0.1);
});
