/** Limits are in force: read back from the control group of a process, and felt by it. */
import { describe, expect, test } from 'vitest';
import { controlGroupFile } from '../support/control-group.ts';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

const MEBIBYTE = 2 ** 20;
const LIMITS = ', cpus: [1], cpuQuota: 25%, memory: 96MiB';
/** Works for a second of real time, and tells how much of a CPU it had. */
const BUSY = `const end = performance.now() + 1000;
while (performance.now() < end);
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);`;

export function limitContract({ name, subnets, able }: ProviderUnderTest): void {
  describe.runIf(['pin', 'quota', 'memory'].every((each) => able.includes(each as 'pin')))(
    'limits',
    () => {
      const testbed = upTestbed(name, threeNodes(subnets[0], LIMITS));
      const run = (...argv: string[]) => {
        const { transport, node } = testbed.node('edge0');
        return transport.exec([node, '-e', ...argv]);
      };

      test('the control group of a process holds what was asked for', async () => {
        const { transport } = testbed.node('edge0');
        const child = await transport.spawn(['sh', '-c', 'cat /proc/self/status; read line']);
        const status = await new Promise<string>((resolve) =>
          child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
        );
        const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)![1]);
        expect(await controlGroupFile(parent, 'quota')).toBe(0.25);
        expect(await controlGroupFile(parent, 'memory')).toBe(96 * MEBIBYTE);
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
    },
  );
}
