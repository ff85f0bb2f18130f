/** Limits are in force: read back from the control group of a process, and felt by it. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { controlGroupFile } from '../../support/control-group.ts';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

const MEBIBYTE = 2 ** 20;
const LIMITS = ', cpus: [1], cpuQuota: 25%, memory: 96MiB';
const WAITING = "process.stdin.resume(); console.log('ready')";
/** Works for a second of real time, and tells how much of a CPU it had. */
const BUSY = `const end = performance.now() + 1000;
while (performance.now() < end);
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);`;

export function limitContract(provider: ProviderUnderTest): void {
  const { subnets, able, processes } = provider;
  // A suite that the provider cannot keep is not there, rather than skipped.
  if (!(['pin', 'quota', 'memory'] as const).every((each) => able.includes(each))) return;
  describe('limits', () => {
    const testbed = upTestbed(provider, threeNodes(subnets[0], LIMITS));
    const run = (...argv: string[]) => {
      const { transport, node } = testbed.node('edge0');
      return transport.exec([node, '-e', ...argv]);
    };

    test('the control group of a process holds what was asked for', async () => {
      const { transport, node } = testbed.node('edge0');
      const child = await transport.spawn([node, '-e', WAITING]);
      await once(child.stdout, 'data');
      const [id = 0] = await processes(testbed.workspace.state, 'edge0');
      const status = await readFile(`/proc/${id}/status`, 'utf8');
      expect(await controlGroupFile(id, 'quota')).toBe(0.25);
      expect(await controlGroupFile(id, 'memory')).toBe(96 * MEBIBYTE);
      expect(/^Cpus_allowed_list:\s+(\S+)$/m.exec(status)![1]).toBe('1');
      child.stdin.end();
      await child.exited;
    });

    test('a busy process has no more of a CPU than its quota', async () => {
      const { stdout } = await run(BUSY);
      // A quarter of a second and what starting takes; without the quota it would be a whole one.
      expect(Number(stdout)).toBeGreaterThan(20);
      expect(Number(stdout)).toBeLessThan(500);
    });

    test('memory beyond the limit ends the process, and nobody else', async () => {
      expect((await run('Buffer.alloc(8e6, 1)')).exitCode).toBe(0);
      expect((await run('Buffer.alloc(200e6, 1)')).signal).toBe('SIGKILL');
      expect((await run('Buffer.alloc(8e6, 1)')).exitCode).toBe(0);
    });

    test('a node without limits has none', async () => {
      const { transport, node } = testbed.node('edge1');
      const { exitCode } = await transport.exec([node, '-e', 'Buffer.alloc(200e6, 1)']);
      expect(exitCode).toBe(0);
    });
  });
}
