/** `tilebed doctor` tries things for real, and its exit status tells scripts what it found. */
import { describe, expect, test } from 'vitest';
import { tilebed } from './support/cli.ts';
import { withoutNetns } from './support/require.ts';
import { Workspace } from './support/workspace.ts';

const LINES = `network: { subnet: 10.34.70.0/24 }
nodes:
  gateway: { role: gateway, address: 10.34.70.2 }
  edge0: { role: edge, address: 10.34.70.3 }
`;

describe('tilebed doctor', () => {
  test('of a file says whether what it needs is here', async () => {
    await using workspace = await Workspace.make();
    await workspace.writeTestbed(LINES);
    const { exitCode, stdout } = await tilebed(['doctor', workspace.testbed]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^provider local +works$/m);
    expect(stdout).toMatch(/^testbed test +works$/m);
    // Engines and other providers are not asked for.
    expect(stdout).not.toContain('engine');
    expect(stdout).not.toContain('netns');
  });

  test.skipIf(withoutNetns)(
    'without the tools of a provider ends with 3 and says how to mend it',
    async () => {
      await using workspace = await Workspace.make('netns');
      await workspace.writeTestbed(LINES);
      expect((await tilebed(['doctor', workspace.testbed])).exitCode).toBe(0);
      // A path on which there is nothing.
      const poor = await tilebed(['doctor', workspace.testbed], {
        env: { PATH: workspace.folder },
      });
      expect(poor.exitCode).toBe(3);
      expect(poor.stdout).toMatch(/^provider netns +does not work +apt-get install iproute2$/m);
    },
  );

  test('answers in JSON: this machine, the provider, and what the file asks for', async () => {
    await using workspace = await Workspace.make();
    await workspace.writeTestbed(LINES.replace('.3 }', '.3, memory: 64MiB }'));
    const { stdout } = await tilebed(['doctor', workspace.testbed, '--format', 'json']);
    const findings = JSON.parse(stdout) as { subject: string; ok: boolean }[];
    expect(findings.map(({ subject }) => subject)).toEqual([
      'this machine',
      'provider local',
      'testbed test',
    ]);
  });

  test('of one provider, or of one that does not exist', async () => {
    expect((await tilebed(['doctor', '--for', 'local'])).exitCode).toBe(0);
    const unknown = await tilebed(['doctor', '--for', 'kubernetes']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('Allowed choices are local');
  });

  test('of a broken file tells its faults', async () => {
    const { exitCode, stderr } = await tilebed(['doctor', 'tests/golden/faults/bad-cidr.yaml']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('bad-cidr.yaml:');
    expect((await tilebed(['doctor', 'testbeds/local.yaml', '--for', 'local'])).exitCode).toBe(2);
  });
});
