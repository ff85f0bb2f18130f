/** Ctrl-C as it comes: to a whole process group, several times over, with nobody left who reads. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../harness/machine/command.ts';
import { ownNames } from '../../harness/providers/netns/names.ts';
import { MAIN, tilebed } from '../support/cli.ts';
import { eventually } from '../support/processes.ts';
import { remainsOfNamespaces } from '../support/remains.ts';
import { withoutNetns } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

describe.skipIf(withoutNetns)('up of namespaces, interrupted', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.make('netns');
    await workspace.writeTestbed(`network: { subnet: 10.34.90.0/24 }
nodes:
  gateway: { role: gateway, address: 10.34.90.2 }
edges: { count: 12, from: 10.34.90.3 }
`);
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  /** In a process group of its own, as a shell starts it; resolves when there is something to clean up. */
  async function upUnderWay(env = {}) {
    const child = execa(process.execPath, [MAIN, 'up', workspace.testbed], {
      detached: true,
      env,
      reject: false,
      stdin: 'ignore',
    });
    const { prefix } = ownNames({ stateFolder: workspace.state });
    const isMade = async () => {
      if (child.exitCode !== null) throw new Error((await child).stderr);
      return (await runCommand(['ip', 'netns', 'list'])).includes(`${prefix}edge0`);
    };
    await eventually('a first edge', isMade);
    return {
      child,
      toCommand: () => process.kill(child.pid!, 'SIGINT'),
      toGroup: () => process.kill(-child.pid!, 'SIGINT'),
    };
  }

  test('by signals to itself and to its group at once, as `timeout` sends them, leaves nothing', async () => {
    const { child, toCommand, toGroup } = await upUnderWay();
    toCommand();
    toGroup();
    await delay(100);
    // Who presses again at once hits the commands that clean up.
    toGroup();
    expect(await child).toMatchObject({
      exitCode: 130,
      stderr: expect.stringMatching(/cleaning up \(press again to end at once\)$/),
    });
    expect(await remainsOfNamespaces(workspace.state)).toEqual([]);
  });

  test('whose reader is gone, as `tee` is after Ctrl-C, leaves nothing', async () => {
    const { child, toGroup } = await upUnderWay();
    child.stdout.destroy();
    child.stderr.destroy();
    toGroup();
    expect(await child).toMatchObject({ exitCode: 130 });
    expect(await remainsOfNamespaces(workspace.state)).toEqual([]);
  });

  test('twice, ends at once and names what removes the rest', async () => {
    // Cleaning up hangs, in a command that tells its number.
    const hanging = join(workspace.folder, 'ip');
    const told = join(workspace.folder, 'hangs');
    const real = (await runCommand(['sh', '-c', 'command -v ip'])).trim();
    await writeFile(
      hanging,
      `#!/bin/sh
case "$*" in 'netns delete tilebed-'*) echo $$ > ${told}; exec sleep 60;; esac
exec ${real} "$@"
`,
    );
    await chmod(hanging, 0o755);
    const { child, toGroup } = await upUnderWay({
      PATH: `${workspace.folder}:${process.env['PATH']}`,
    });
    toGroup();
    const id = await eventually('the command that hangs', () =>
      readFile(told, 'utf8').then(Number, () => 0),
    );
    try {
      await delay(1000);
      toGroup();
      expect(await child).toMatchObject({
        exitCode: 130,
        stderr: expect.stringContaining('`tilebed down FILE` removes what is left'),
      });
      expect(await remainsOfNamespaces(workspace.state)).not.toEqual([]);
    } finally {
      process.kill(id, 'SIGKILL');
    }
    expect(await tilebed(['down', workspace.testbed])).toMatchObject({ exitCode: 0 });
    expect(await remainsOfNamespaces(workspace.state)).toEqual([]);
  });
});
