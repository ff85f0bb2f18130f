/** Commands on nodes: arguments, output, status and signals come through as they are. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type {
  ExecOptions,
  ExecResult,
  RemoteProcess,
} from '../../../harness/transports/transport.ts';
import { eventually } from '../../support/processes.ts';
import { type ProviderUnderTest, threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

const ODD = [
  'a b',
  '',
  "it's",
  'say "no"',
  'two\nlines\n',
  '$HOME `id` $(id)',
  '\\ and \\n',
  '*',
  '--flag',
  '-e',
  ' ',
  'ünïcødé 漢字 🧱',
  ';true&&false|cat>x',
  '%s',
  '\t',
];
const LARGE_BYTES = 48 * 2 ** 20;

export function commandContract(provider: ProviderUnderTest): void {
  describe('commands', () => {
    const testbed = provider.shared ?? upTestbed(provider, threeNodes(provider.subnets[0]));
    const transport = () => testbed.node('edge0').transport;
    const node = () => testbed.node('edge0').node;

    async function start(script: string): Promise<RemoteProcess> {
      return transport().spawn([node(), '-e', script]);
    }

    /** Nodes need have no shell, and none of the usual tools. */
    function run(script: string, options: ExecOptions = {}): Promise<ExecResult> {
      return transport().exec([node(), '-e', script], options);
    }

    test('odd arguments arrive as they are', async () => {
      const script = 'console.log(JSON.stringify(process.argv.slice(1)))';
      const { stdout, exitCode } = await transport().exec([node(), '-e', script, '--', ...ODD]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual(ODD);
    });

    test('large output comes whole', async () => {
      const { stdout, exitCode } = await run(
        `process.stdout.write(Buffer.alloc(${LARGE_BYTES}, 'x'))`,
      );
      expect(exitCode).toBe(0);
      expect(stdout.length).toBe(LARGE_BYTES);
    });

    test('input goes in, output and errors come apart', async () => {
      const script = "process.stdin.pipe(process.stdout); console.error('no')";
      const { stdout, stderr } = await run(script, { input: 'größe\n' });
      expect({ stdout, stderr }).toEqual({ stdout: 'größe\n', stderr: 'no\n' });
    });

    test('the exit status is a result', async () => {
      const { exitCode, signal } = await run('process.exit(7)');
      expect({ exitCode, signal }).toEqual({ exitCode: 7, signal: undefined });
    });

    test('a command that does not exist is a result too', async () => {
      const { exitCode, stderr } = await transport().exec(['no-such-command']);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain('no-such-command');
    });

    test('a signal that ended a command is told', async () => {
      const { signal } = await run(
        "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1e6)",
      );
      expect(signal).toBe('SIGTERM');
    });

    test('an abort ends the command itself', async () => {
      const controller = new AbortController();
      const running = run('setInterval(() => {}, 1e6)', { signal: controller.signal });
      const outcome = expect(running).rejects.toThrow('enough');
      await eventually('the command', async () => (await processes()).length > 0);
      controller.abort(new Error('enough'));
      await outcome;
      await eventually('its end', async () => (await processes()).length === 0);
    });

    test('signals reach the very process, which may answer them', async () => {
      const child = await start(
        `process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('ready');`,
      );
      await once(createInterface({ input: child.stdout }), 'line');
      await child.kill('SIGTERM');
      expect(await child.exited).toEqual({ exitCode: 9, signal: undefined });
    });

    test('a killed process is gone', async () => {
      const child = await start('setInterval(() => {}, 1e6)');
      await eventually('the process', async () => (await processes()).length > 0);
      await child.kill('SIGKILL');
      expect((await child.exited).signal).toBe('SIGKILL');
      expect(await processes()).toEqual([]);
    });

    test('frozen processes stop, and go on afterwards', async () => {
      const child = await start('setInterval(() => console.log("tick"), 10)');
      let ticks = 0;
      createInterface({ input: child.stdout }).on('line', () => ticks++);
      await eventually('the first tick', () => ticks > 0);
      const thaw = await testbed.node('edge0').faults.freeze();
      // What was said before may still be on its way.
      await delay(100);
      const before = ticks;
      await delay(300);
      expect(ticks).toBe(before);
      await thaw();
      await eventually('the next tick', () => ticks > before);
      await child.kill('SIGKILL');
      await child.exited;
    });

    /** Those that tilebed has started on the node. */
    function processes(): Promise<readonly number[]> {
      return provider.processes(testbed.workspace.state, 'edge0');
    }
  });
}
