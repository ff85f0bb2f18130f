/** Ctrl-C as it comes: to a whole process group, several times over, with nobody left who reads. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../harness/machine/command.ts';
import { pathExists } from '../../harness/path-exists.ts';
import { ownNames as containerNames } from '../../harness/providers/docker/names.ts';
import { ownNames } from '../../harness/providers/netns/names.ts';
import { MAIN, tilebed } from '../support/cli.ts';
import { useEngine } from '../support/docker-engine.ts';
import { eventually } from '../support/processes.ts';
import { remainsOfNamespaces } from '../support/remains.ts';
import { withoutDocker, withoutNetns } from '../support/require.ts';
import { gatewayAndEdges, Workspace } from '../support/workspace.ts';

/** In a process group of its own, as a shell starts it. */
function inOwnGroup(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const child = execa(process.execPath, [MAIN, ...argv], {
    detached: true,
    env,
    reject: false,
    stdin: 'ignore',
  });
  return {
    child,
    toCommand: () => process.kill(child.pid!, 'SIGINT'),
    toGroup: () => process.kill(-child.pid!, 'SIGINT'),
  };
}

/** As somebody does who waits a moment, and again where a busy machine has not yet heard of the first press. */
async function pressUntil(ended: PromiseLike<unknown>, press: () => void): Promise<void> {
  const isOver = Promise.resolve(ended).then(() => true);
  do {
    await delay(1500);
    press();
  } while (!(await Promise.race([isOver, delay(500, false)])));
}

/** Puts a command of that name before the real one, which it may end in: `exec $real "$@"`. */
async function standIn(folder: string, name: string, script: string) {
  const real = (await runCommand(['sh', '-c', `command -v ${name}`])).trim();
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\nreal=${real}\n${script}\nexec $real "$@"\n`);
  await chmod(file, 0o755);
  return { PATH: `${folder}:${process.env['PATH']}` };
}

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

  /** Resolves when there is something to clean up. */
  async function upUnderWay(env = {}) {
    const started = inOwnGroup(['up', workspace.testbed], env);
    const { child } = started;
    const { prefix } = ownNames({ stateFolder: workspace.state });
    const isMade = async () => {
      if (child.exitCode !== null) throw new Error((await child).stderr);
      return (await runCommand(['ip', 'netns', 'list'])).includes(`${prefix}edge0`);
    };
    await eventually('a first edge', isMade);
    return started;
  }

  test('by signals to itself and to its group at once, as `timeout` sends them, leaves nothing', async () => {
    const { child, toCommand, toGroup } = await upUnderWay();
    const pressedAt = performance.now();
    toCommand();
    toGroup();
    await delay(100);
    // Who presses again at once hits the commands that clean up; a test that was held up does not press at once.
    if (performance.now() - pressedAt < 900) toGroup();
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
    const told = join(workspace.folder, 'hangs');
    const env = await standIn(
      workspace.folder,
      'ip',
      `case "$*" in 'netns delete tilebed-'*) echo $$ > ${told}; exec sleep 60;; esac`,
    );
    const { child, toGroup } = await upUnderWay(env);
    toGroup();
    const id = await eventually('the command that hangs', () =>
      readFile(told, 'utf8').then(Number, () => 0),
    );
    try {
      await pressUntil(child, toGroup);
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

describe.skipIf(withoutDocker)('down of containers, interrupted', () => {
  useEngine();

  const containers = async (workspace: Workspace) => {
    const { prefix } = containerNames({ stateFolder: workspace.state });
    const argv = ['docker', 'ps', '--all', '--quiet', '--filter', `name=^/${prefix}`];
    return (await runCommand(argv)).split('\n').filter(Boolean);
  };

  /** `docker rm` waits for leave to begin. */
  async function downUnderWay(workspace: Workspace) {
    const told = join(workspace.folder, 'waits');
    const leave = join(workspace.folder, 'leave');
    const env = await standIn(
      workspace.folder,
      'docker',
      `case "$1" in rm) : > ${told}; while [ -e ${told} ] && [ ! -e ${leave} ]; do sleep 0.05; done;; esac`,
    );
    await workspace.writeTestbed(gatewayAndEdges(1, '10.85.90'));
    expect(await tilebed(['up', workspace.testbed])).toMatchObject({ exitCode: 0 });
    expect(await containers(workspace)).toHaveLength(2);
    const started = inOwnGroup(['down', workspace.testbed], env);
    await eventually('the removal', () => pathExists(told));
    return { ...started, go: () => writeFile(leave, '') };
  }

  test('at once and again, removes all', async () => {
    await using workspace = await Workspace.make('docker');
    const { child, toGroup, go } = await downUnderWay(workspace);
    toGroup();
    await delay(100);
    toGroup();
    await go();
    await child;
    expect(await containers(workspace)).toEqual([]);
    expect(await pathExists(workspace.state)).toBe(false);
  });

  test('twice, ends at once, and what removes containers is not hit', async () => {
    await using workspace = await Workspace.make('docker');
    const { child, toGroup, go } = await downUnderWay(workspace);
    toGroup();
    await pressUntil(child, toGroup);
    expect(await child).toMatchObject({ exitCode: 130 });
    expect(await containers(workspace)).toHaveLength(2);
    await go();
    await eventually('the end of the removal', async () => {
      return (await containers(workspace)).length === 0;
    });
  });
});
