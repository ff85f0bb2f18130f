/** The local provider through the command line: real processes, real control groups, real files. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findControlGroups, groupsWithPrefix } from '../../harness/machine/control-groups.ts';
import { ownedProcesses } from '../../harness/machine/owned-processes.ts';
import { startTilebed, tilebed } from '../support/cli.ts';
import { eventually, noProcessesOf } from '../support/processes.ts';
import { withoutCgroups } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function ownGroups(): Promise<readonly string[]> {
  return groupsWithPrefix(await findControlGroups(), 'tilebed-');
}

describe('up and down', () => {
  test('a second run changes nothing and says so; down removes all', async () => {
    await workspace.writeTestbed();
    const first = await tilebed(['up', workspace.testbed]);
    expect(first).toMatchObject({ exitCode: 0, stdout: 'test is up: 3 nodes' });
    const second = await tilebed(['up', workspace.testbed]);
    expect(second).toMatchObject({ exitCode: 0, stdout: 'test is up already: nothing to change' });
    expect((await tilebed(['down', workspace.testbed])).exitCode).toBe(0);
    expect(await readdir(join(workspace.folder, '.tilebed'))).toEqual([]);
    const again = await tilebed(['down', workspace.testbed]);
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: 'test was down already: nothing to remove',
    });
  });

  test('a dry run shows the steps and takes none', async () => {
    await workspace.writeTestbed();
    const { exitCode, stdout } = await tilebed(['up', workspace.testbed, '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`mkdir -p ${workspace.state}/nodes/edge1`);
    await expect(stat(join(workspace.state, 'nodes'))).rejects.toThrow('ENOENT');
  });

  test('converges to a changed file', async () => {
    await workspace.writeTestbed();
    await tilebed(['up', workspace.testbed]);
    await workspace.writeTestbed(`network: { subnet: 10.77.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
  edge0: { role: edge, address: 10.77.0.3 }
  helper: { role: edge, address: 10.77.0.9 }
`);
    const { stderr } = await tilebed(['up', workspace.testbed]);
    expect(stderr).toContain('remove edge1, which the testbed no longer has');
    expect(await readdir(join(workspace.state, 'nodes'))).toEqual(['edge0', 'gateway', 'helper']);
  });

  test('the key is its owner’s alone', async () => {
    await workspace.writeTestbed();
    await tilebed(['up', workspace.testbed]);
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await mode(workspace.state)).toBe('700');
    expect(await mode(join(workspace.state, 'key'))).toBe('600');
    expect(await readFile(join(workspace.state, 'key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  test('down finds what a crash has left: nodes without a state, and their processes', async () => {
    await workspace.writeTestbed();
    await tilebed(['up', workspace.testbed]);
    const left = startTilebed(['exec', workspace.testbed, 'edge0', '--', 'sleep', '600']);
    await eventually('the process', async () => (await ownedProcesses(workspace.state)).length > 0);
    left.kill('SIGKILL');
    await left;
    await rm(join(workspace.state, 'state.json'));
    const { exitCode, stderr } = await tilebed(['down', workspace.testbed]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('removed process');
    expect(stderr).toContain('removed node edge1');
    await noProcessesOf(workspace.state);
  });

  test('Ctrl-C in the middle of up leaves nothing', async () => {
    const before = await ownGroups();
    await workspace.writeTestbed(`network: { subnet: 10.77.0.0/16 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
edges: { count: 4000, from: 10.77.1.0, memory: 64MiB }
`);
    const up = startTilebed(['up', workspace.testbed]);
    const nodes = join(workspace.state, 'nodes');
    await eventually('some nodes', async () => (await readdir(nodes).catch(() => [])).length > 20);
    up.kill('SIGINT');
    const { exitCode } = await up;
    expect(exitCode).toBe(130);
    expect(await readdir(join(workspace.folder, '.tilebed'))).toEqual([]);
    expect(await ownGroups()).toEqual(before);
  });

  test('one command at a time; a lock of the dead does not count', async () => {
    await workspace.writeTestbed();
    await mkdir(join(workspace.folder, '.tilebed'));
    const lock = `${workspace.state}.lock`;
    await writeFile(lock, JSON.stringify({ pid: process.pid, purpose: 'run' }));
    const refused = await tilebed(['up', workspace.testbed]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      `\`tilebed run\` works on this testbed (process ${process.pid})`,
    );
    // No process has this id: it is beyond the kernel's largest.
    await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1, purpose: 'run' }));
    expect((await tilebed(['up', workspace.testbed])).exitCode).toBe(0);
  });
});

describe('wishes', () => {
  test('a CPU that this machine does not have is wrong input', async () => {
    await workspace.writeTestbed(`network: { subnet: 10.77.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
  edge0: { role: edge, address: 10.77.0.3, cpus: [4095] }
`);
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('edge0 is to be pinned to CPU 4095');
  });

  test.skipIf(withoutCgroups)('pinning and memory limits are real', async () => {
    await workspace.writeTestbed(`network: { subnet: 10.77.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
  edge0: { role: edge, address: 10.77.0.3, cpus: [0], memory: 96MiB }
`);
    await tilebed(['up', workspace.testbed]);
    const inside = (...argv: string[]) =>
      tilebed(['exec', workspace.testbed, 'edge0', '--', ...argv]);
    const affinity = await inside('grep', 'Cpus_allowed_list', '/proc/self/status');
    expect(affinity.stdout).toMatch(/Cpus_allowed_list:\s+0$/);
    const small = await inside('node', '-e', 'Buffer.alloc(8e6, 1)');
    expect(small.exitCode).toBe(0);
    const large = await inside('node', '-e', 'Buffer.alloc(200e6, 1)');
    expect(large.exitCode).toBe(1);
    expect(large.stderr).toContain('edge0: node ended with a signal');
  });
});

describe('status, deploy, exec and logs', () => {
  test('status tells addresses, limits and health as they change', async () => {
    await workspace.writeTestbed();
    const health = async () => {
      const { stdout } = await tilebed(['status', workspace.testbed, '--format', 'json']);
      const { nodes } = JSON.parse(stdout) as { nodes: { health: { kind: string } }[] };
      return nodes.map(({ health: { kind } }) => kind);
    };
    expect(await health()).toEqual(['down', 'down', 'down']);
    await tilebed(['up', workspace.testbed]);
    expect(await health()).toEqual(['up', 'up', 'up']);
    await tilebed(['deploy', workspace.testbed]);
    expect(await health()).toEqual(['ready', 'ready', 'ready']);
    const { stdout } = await tilebed(['status', workspace.testbed]);
    expect(stdout).toContain('a.b.c.d of the testbed is 127.b.c.d on this machine');
    expect(stdout).toMatch(
      /edge0 +edge +10\.77\.0\.3 +127\.77\.0\.3 +0 +no limit +no limit +ready/,
    );
  });

  test('deploy skips nodes that have these bytes, and mends one that was damaged', async () => {
    await workspace.writeTestbed();
    await tilebed(['up', workspace.testbed]);
    const first = await tilebed(['deploy', workspace.testbed]);
    expect(first.stdout).toContain('is now on gateway, edge0, edge1');
    const second = await tilebed(['deploy', workspace.testbed]);
    expect(second.stdout).toContain('all nodes have runtime');
    const runtime = join(workspace.state, 'nodes/edge0/runtime');
    const [version = ''] = await readdir(runtime);
    await writeFile(join(runtime, version, 'compute-worker.js'), '// damaged', { flag: 'a' });
    const third = await tilebed(['deploy', workspace.testbed]);
    expect(third.stdout).toMatch(/is now on edge0$/);
  });

  test('exec reaches a node or all of a role, and passes failure on', async () => {
    await workspace.writeTestbed();
    const down = await tilebed(['exec', workspace.testbed, 'edge0', '--', 'true']);
    expect(down).toMatchObject({ exitCode: 1 });
    expect(down.stderr).toContain('the testbed test is not up');
    await tilebed(['up', workspace.testbed]);
    const both = await tilebed(['exec', workspace.testbed, 'edge', '--', 'echo', 'a b', '$HOME']);
    expect(both.stdout.split('\n').toSorted()).toEqual(['edge0: a b $HOME', 'edge1: a b $HOME']);
    const failing = await tilebed(['exec', workspace.testbed, 'gateway', '--', 'false']);
    expect(failing).toMatchObject({ exitCode: 1, stderr: 'gateway: false ended with 1' });
    const unknown = await tilebed(['exec', workspace.testbed, 'edge7', '--', 'true']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('nodes: gateway, edge0, edge1; roles: gateway, edge');
  });

  test('logs say that there are none before anything has run', async () => {
    await workspace.writeTestbed();
    const { exitCode, stderr } = await tilebed(['logs', workspace.testbed]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('there are no logs');
  });
});
