/** The provider `docker` keeps the contract, and what only containers promise. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../harness/machine/command.ts';
import { ownedProcesses } from '../../../harness/machine/owned-processes.ts';
import { dockerProvider } from '../../../harness/providers/docker/provider.ts';
import { tilebed } from '../../support/cli.ts';
import { startEngine } from '../../support/docker-engine.ts';
import { withoutDocker } from '../../support/require.ts';
import { Workspace } from '../../support/workspace.ts';
import { providerContract } from './contract.ts';
import { threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

const SUBNETS = ['10.31.10', '10.31.11'] as const;

/** Containers, volumes and networks whose labels name the folder, and processes. */
async function remains(stateFolder: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    (['container', 'volume', 'network'] as const).map((kind) => labelled(kind, stateFolder)),
  );
  return [...lists.flat(), ...(await ownedProcesses(stateFolder)).map(String)];
}

/** Without the `docker` on this side, which carries the same mark. */
async function processesInside(stateFolder: string, node: string): Promise<readonly number[]> {
  const ids = await ownedProcesses(stateFolder, node);
  const names = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/comm`, 'utf8').catch(() => 'docker')),
  );
  return ids.filter((_, index) => names[index]!.trim() !== 'docker');
}

async function labelled(kind: string, stateFolder: string): Promise<readonly string[]> {
  const name = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
  const all = kind === 'container' ? ['--all'] : [];
  const format = `${name}\t{{.Label "tilebed.owner"}}`;
  const text = await runCommand(['docker', kind, 'ls', ...all, '--format', format]);
  return text
    .split('\n')
    .filter((line) => line.endsWith(`:${stateFolder}`))
    .map((line) => line.split('\t')[0]!);
}

describe.skipIf(withoutDocker)('with an engine', async () => {
  const end = withoutDocker ? async () => {} : await startEngine();
  afterAll(end);
  const here = withoutDocker ? new Set<string>() : await dockerProvider.capabilities();

  providerContract({
    name: 'docker',
    subnets: SUBNETS,
    able: [
      ...(['pin', 'quota', 'memory', 'freeze', 'slow', 'cut'] as const),
      ...(['shape', 'delay'] as const).filter((ability) => here.has(ability)),
    ],
    remains,
    processes: processesInside,
  });

  describe('a container', () => {
    const testbed = upTestbed({ name: 'docker' }, threeNodes(SUBNETS[0]));

    test('has no shell, no rights, and nothing to write to but its own folder', async () => {
      const { transport, node, folder } = testbed.node('edge1');
      const script = `const fs = require('node:fs');
const can = (path) => { try { fs.writeFileSync(path, ''); return true; } catch { return false; } };
const status = fs.readFileSync('/proc/self/status', 'utf8');
console.log(JSON.stringify({
  shells: ['/bin/sh', '/bin/bash', '/bin/busybox'].filter(fs.existsSync),
  user: process.getuid() > 0,
  capabilities: /^CapBnd:\\s+(\\S+)/m.exec(status)[1],
  privileges: /^NoNewPrivs:\\s+(\\S+)/m.exec(status)[1],
  writable: ['/etc/x', '/opt/tilebed/x', '/x', '/tmp/x', '${folder}/x'].filter(can),
  host: require('node:os').hostname(),
}));`;
      const { stdout, stderr } = await transport.exec([node, '-e', script]);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        shells: [],
        user: true,
        capabilities: '0000000000000000',
        privileges: '1',
        writable: ['/tmp/x', `${folder}/x`],
        host: 'edge1',
      });
    });

    test('is small, and has the runtime from the start', async () => {
      const name = await labelledNode(testbed.workspace.state, 'edge0');
      const id = await runCommand([
        'docker',
        'container',
        'inspect',
        '--format',
        '{{.Image}}',
        name,
      ]);
      const size = await runCommand(['docker', 'image', 'inspect', '--format', '{{.Size}}', id]);
      expect(Number(size)).toBeLessThan(180e6);
      const { stdout } = await tilebed(['deploy', testbed.workspace.testbed]);
      expect(stdout).toMatch(/^all nodes have runtime \S+ already$/);
    });

    test('that a fault left frozen, slow, cut off or stopped is put right by up', async () => {
      const name = (node: string) => labelledNode(testbed.workspace.state, node);
      const [network = ''] = await labelled('network', testbed.workspace.state);
      await testbed.node('edge0').faults.slow(0.1);
      await runCommand(['docker', 'network', 'disconnect', network, await name('edge0')]);
      await runCommand(['docker', 'pause', await name('edge1')]);
      await runCommand(['docker', 'kill', await name('gateway')]);
      const { exitCode, stderr } = await tilebed(['up', testbed.workspace.testbed]);
      expect(exitCode).toBe(0);
      expect(stderr).toContain('put edge0 right: done');
      const again = await tilebed(['up', testbed.workspace.testbed]);
      expect(again.stdout).toBe('test is up already: nothing to change');
      const { stdout } = await tilebed([
        'exec',
        testbed.workspace.testbed,
        'edge',
        '--',
        'node',
        '-p',
        '7',
      ]);
      // Whoever is faster answers first.
      expect(stdout.split('\n').toSorted()).toEqual(['edge0: 7', 'edge1: 7']);
    });
  });

  test('an image is built upon another, and carried as a file', async () => {
    await using workspace = await Workspace.make('docker');
    const built = await tilebed(['image', 'build', '--format', 'json']);
    const { tag } = JSON.parse(built.stdout) as { readonly tag: string };
    // It has a C library, like any other base, and is here without a registry.
    const upon = await tilebed(['image', 'build', '--base', tag, '--format', 'json']);
    expect(upon.exitCode).toBe(0);
    const other = (JSON.parse(upon.stdout) as { readonly tag: string }).tag;
    expect(other).not.toBe(tag);
    const file = join(workspace.folder, 'node.tar');
    expect((await tilebed(['image', 'export', file, '--base', tag])).exitCode).toBe(0);
    await runCommand(['docker', 'image', 'rm', other]);
    expect(await runCommand(['docker', 'load', '--input', file])).toContain(other);
    await runCommand(['docker', 'image', 'rm', other]);
    const absent = await tilebed(['image', 'build', '--base', 'tilebed/none:1']);
    expect(absent.exitCode).toBe(1);
    expect(absent.stderr).toContain('the image must be there already');
  });

  test('a subnet that another network has is refused, and whose it is is told', async () => {
    await using first = await Workspace.make('docker');
    await using second = await Workspace.make('docker');
    await first.writeTestbed(threeNodes(SUBNETS[0]));
    await second.writeTestbed(threeNodes(SUBNETS[0]));
    expect((await tilebed(['up', first.testbed])).exitCode).toBe(0);
    const { exitCode, stderr } = await tilebed(['up', second.testbed]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `${SUBNETS[0]}.0/24 overlaps with ${SUBNETS[0]}.0/24 of the Docker network`,
    );
    expect(stderr).toContain(`take down the testbed of`);
    expect(stderr).toContain(first.state);
    expect(await remains(second.state)).toEqual([]);
  });

  test('an engine that does not answer is told with what to do, and ends with status 3', async () => {
    await using workspace = await Workspace.make('docker');
    const engine = `unix://${workspace.folder}/no.sock`;
    await workspace.writeTestbed(`${threeNodes(SUBNETS[0])}docker: { engine: '${engine}' }\n`);
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`Cannot connect to the Docker daemon at ${engine}`);
    expect(stderr).toContain('start the engine');
  });
});

async function labelledNode(stateFolder: string, node: string): Promise<string> {
  const names = await labelled('container', stateFolder);
  return names.find((name) => name.endsWith(`-${node}`))!;
}
