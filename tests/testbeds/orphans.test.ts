/** What dead harnesses leave: found without their folders, removed, and nothing else with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownedProcesses } from '../../harness/machine/owned-processes.ts';
import { startTilebed, tilebed } from '../support/cli.ts';
import { eventually } from '../support/processes.ts';
import { remainsOfNamespaces, remainsOfNodes } from '../support/remains.ts';
import { withoutCgroups, withoutNetns } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

const KINDS = [
  { provider: 'local', skip: withoutCgroups, remains: remainsOfNodes },
  { provider: 'netns', skip: withoutNetns, remains: remainsOfNamespaces },
];

describe.each(KINDS.filter(({ skip }) => !skip))(
  'orphans of $provider',
  ({ provider, remains }) => {
    /** Where this test's commands remember owners, and nobody else's. */
    let home: string;
    let dead: Workspace;
    let living: Workspace;
    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), 'tilebed-home-'));
      dead = await Workspace.make(provider);
      living = await Workspace.make(provider);
    });
    afterEach(async () => {
      await living[Symbol.asyncDispose]();
      await dead[Symbol.asyncDispose]();
      await rm(home, { recursive: true });
    });

    const run = (...args: string[]) => tilebed(args, { env: { XDG_STATE_HOME: home } });

    async function up(workspace: Workspace, subnet: string): Promise<void> {
      await workspace.writeTestbed(`network: { subnet: ${subnet}.0/24 }
nodes:
  gateway: { role: gateway, address: ${subnet}.2 }
  edge0: { role: edge, address: ${subnet}.3, memory: 256MiB }
`);
      expect(await run('up', workspace.testbed)).toMatchObject({ exitCode: 0 });
    }

    test('are removed when harness and folder are gone; a living testbed stays', async () => {
      await up(dead, '10.34.61');
      await up(living, '10.34.62');
      const harness = startTilebed(['exec', dead.testbed, 'edge0', '--', 'sleep', '600']);
      await eventually('the process', async () => (await ownedProcesses(dead.state)).length > 0);
      // Its harness lives: nothing of it is an orphan, though its folder is gone.
      await rm(dead.folder, { recursive: true });
      expect((await run('down', '--orphans', '--dry-run')).stderr).not.toContain(dead.state);
      harness.kill('SIGKILL');
      await harness;
      const before = await remains(living.state);
      expect(await remains(dead.state)).not.toEqual([]);
      const told = await run('down', '--orphans', '--dry-run');
      expect(told.stderr).toContain(`orphan: ${dead.state} (`);
      expect(told.stderr).not.toContain(living.state);
      expect(await remains(dead.state)).not.toEqual([]);
      const { exitCode, stdout } = await run('down', '--orphans');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^\d+ orphans? removed$/);
      expect(await remains(dead.state)).toEqual([]);
      expect(await remains(living.state)).toEqual(before);
      const reached = await run('exec', living.testbed, 'edge0', '--', 'true');
      expect(reached.exitCode).toBe(0);
      expect((await run('down', '--orphans')).stderr).not.toContain(dead.state);
    });

    test('are found by what tilebed remembers, where no process tells', async () => {
      await up(dead, '10.34.61');
      await rm(dead.folder, { recursive: true });
      expect((await run('down', '--orphans')).stderr).toContain(`orphan: ${dead.state}`);
      expect(await remains(dead.state)).toEqual([]);
    });
  },
);

test('either a testbed or orphans', async () => {
  expect((await tilebed(['down'])).exitCode).toBe(2);
  expect((await tilebed(['down', 'testbeds/local.yaml', '--dry-run'])).exitCode).toBe(2);
});
