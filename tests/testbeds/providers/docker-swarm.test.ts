/** The provider `docker` on two engines of a swarm keeps the contract, and says what a swarm lacks. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../harness/machine/command.ts';
import { ownedProcesses } from '../../../harness/machine/owned-processes.ts';
import { tilebed } from '../../support/cli.ts';
import { docker, EngineRack } from '../../support/docker-swarm.ts';
import { found } from '../../support/found.ts';
import { withoutDockerd } from '../../support/require.ts';
import { Sshd, SshKeys } from '../../support/sshd.ts';
import { Workspace } from '../../support/workspace.ts';
import { providerContract } from './contract.ts';
import { threeNodes } from './provider-under-test.ts';

const SUBNETS = ['10.31.50', '10.31.51'] as const;
const EXPERIMENT = `frames: { count: 3, sources: [edge0, edge1] }
matrix: { grid: [3x2], fusedLayers: [6] }
threshold: 0.05
`;

describe.skipIf(withoutDockerd)('with two engines', async () => {
  const rack = withoutDockerd ? undefined : await EngineRack.start(2);
  afterAll(async () => rack?.[Symbol.asyncDispose]());
  const engines = rack?.engines ?? [];
  const [first, second] = engines;
  const block = () => `docker: { hosts: ['${first!.host}', '${second!.host}'] }\n`;

  async function remains(stateFolder: string): Promise<readonly string[]> {
    const lists = await Promise.all(
      engines.flatMap(({ host }) =>
        ['container', 'volume', 'network'].map((kind) => labelled(host, kind, stateFolder)),
      ),
    );
    return [...lists.flat(), ...(await ownedProcesses(stateFolder)).map(String)];
  }

  test('engines that are in no swarm are refused, with the commands that mend it', async () => {
    await using workspace = await Workspace.make('docker', block());
    await workspace.writeTestbed(threeNodes(SUBNETS[0]));
    const refused = await tilebed(['up', workspace.testbed]);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain(`swarm of ${first!.host}: is in no swarm`);
    expect(refused.stderr).toContain(`docker --host ${first!.host} swarm init`);
    await docker(first!, 'swarm', 'init', '--advertise-addr', first!.address);
    const doctor = await tilebed(['doctor', workspace.testbed]);
    expect(doctor.exitCode).toBe(3);
    expect(doctor.stdout).toContain(`docker --host ${second!.host} swarm join --token`);
    expect(doctor.stdout).toContain(`${first!.address}:2377`);
    await docker(first!, 'swarm', 'leave', '--force');
    await rack!.formSwarm();
    expect((await tilebed(['doctor', workspace.testbed])).exitCode).toBe(0);
  });

  providerContract({
    name: 'docker',
    block,
    subnets: SUBNETS,
    able: ['pin', 'quota', 'memory', 'freeze', 'slow', 'cut'],
    apart: true,
    remains,
    processes: processesInside,
  });

  test('a wish for links is refused: there is nobody to keep it', async () => {
    await using workspace = await Workspace.make('docker', block());
    await workspace.writeTestbed(threeNodes(SUBNETS[0], ', link: { rate: 1mbit, delay: 5ms }'));
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('the link of edge0 is to have a rate');
    expect(stderr).toContain('the link of edge0 is to have a delay');
    expect(await remains(workspace.state)).toEqual([]);
  });

  test('nodes are where they wish to be, and what is found is what local nodes find', async () => {
    await using local = await Workspace.make('local');
    await using spread = await Workspace.make('docker', block());
    const wish = `, host: '${first!.host}'`;
    const records = [];
    for (const [workspace, limits] of [
      [local, ''],
      [spread, wish],
    ] as const) {
      await workspace.writeTestbed(threeNodes(SUBNETS[0], limits));
      await workspace.writeExperiment(EXPERIMENT);
      // Else it is up only for as long as it runs.
      expect(await tilebed(['up', workspace.testbed])).toMatchObject({ exitCode: 0 });
      const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
      expect(await tilebed(argv)).toMatchObject({ exitCode: 0 });
      records.push(...(await workspace.records()));
    }
    expect(records.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(new Set(records.map(found)).size).toBe(1);
    const places = await Promise.all(
      engines.map(({ host }) => labelled(host, 'container', spread.state)),
    );
    expect(places.map((names) => names.map((name) => name.split('-').at(-1)))).toEqual([
      ['edge0', 'gateway'],
      ['edge1'],
    ]);
    const { nodes } = await spread.manifest();
    expect(nodes['edge1']).toMatchObject({ hostname: 'edge1', address: `${SUBNETS[0]}.4` });
  });

  test('a way between the engines that carries nothing is told, with the ports to open', async () => {
    await using workspace = await Workspace.make('docker', block());
    await workspace.writeTestbed(threeNodes(SUBNETS[0]));
    const drop = ['INPUT', '-p', 'udp', '--dport', '4789', '-j', 'DROP'];
    const inside = (change: string) =>
      runCommand([
        ...['nsenter', '--target', String(second!.processId), '--net'],
        ...['iptables', change, ...drop],
      ]);
    await inside('-I');
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    await inside('-D');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`edge0 on ${second!.host} does not reach gateway on ${first!.host}`);
    expect(stderr).toContain('UDP 4789');
    expect(await remains(workspace.state)).toEqual([]);
  });

  test('an engine is reached through SSH, as the user’s own client does', async () => {
    await using keys = await SshKeys.make();
    await using server = await Sshd.start(keys, {
      address: second!.address,
      port: 2222,
      launcher: [
        ...['nsenter', '--target', String(second!.processId), '--mount', '--net', '--uts'],
        ...['sh', '-c', 'mkdir -p /run/sshd && exec "$@"', 'sh'],
      ],
    });
    const { user, address, port } = server.host;
    const remote = `ssh://${user}@${address}:${port}`;
    const env = { PATH: `${await ownSsh(keys)}:${process.env['PATH']}` };
    await using workspace = await Workspace.make('docker');
    const lines = threeNodes(SUBNETS[0], `, host: '${remote}'`);
    await workspace.writeTestbed(`${lines}docker: { hosts: ['${first!.host}', '${remote}'] }\n`);
    const up = await tilebed(['up', workspace.testbed], { env });
    expect(up).toMatchObject({ exitCode: 0 });
    expect(up.stderr).toContain(`make the container of edge0 at ${SUBNETS[0]}.3 on ${remote}`);
    expect(await labelled(second!.host, 'container', workspace.state)).toHaveLength(1);
    const argv = ['exec', workspace.testbed, 'edge0', '--', 'node', '-p', '6 * 7'];
    expect((await tilebed(argv, { env })).stdout).toBe('42');
    expect(await tilebed(['down', workspace.testbed], { env })).toMatchObject({ exitCode: 0 });
    expect(await remains(workspace.state)).toEqual([]);
  });

  test('orphans are found on engines that only a file which is gone has named', async () => {
    await using workspace = await Workspace.make('docker', block());
    await workspace.writeTestbed(threeNodes(SUBNETS[0]));
    expect((await tilebed(['up', workspace.testbed])).exitCode).toBe(0);
    const before = await remains(workspace.state);
    await rm(workspace.state, { recursive: true });
    await rm(workspace.testbed);
    const { stderr } = await tilebed(['down', '--orphans']);
    expect(stderr).toContain(workspace.state);
    expect(before).not.toEqual([]);
    expect(await remains(workspace.state)).toEqual([]);
    await workspace.writeTestbed(threeNodes(SUBNETS[0]));
  });

  test('both engines stay in their swarm, whatever came up and went down', async () => {
    for (const engine of engines) {
      const state = await docker(engine, 'info', '--format', '{{.Swarm.LocalNodeState}}');
      expect(state.trim()).toBe('active');
    }
  });
});

/** A folder with an `ssh` that has the test's keys, as a user's has those of ~/.ssh. */
async function ownSsh(keys: SshKeys): Promise<string> {
  const options = [
    ...['ControlMaster=auto', `ControlPath=${keys.folder}/c`, 'ControlPersist=5'],
    ...[`UserKnownHostsFile=${keys.knownHosts}`, 'StrictHostKeyChecking=accept-new'],
  ].map((option) => `-o ${option}`);
  const script = `#!/bin/sh\nexec /usr/bin/ssh -i ${keys.userKey} ${options.join(' ')} "$@"\n`;
  const folder = join(keys.folder, 'bin');
  await mkdir(folder);
  await writeFile(join(folder, 'ssh'), script, { mode: 0o755 });
  return folder;
}

async function labelled(host: string, kind: string, stateFolder: string) {
  const name = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
  const all = kind === 'container' ? ['--all'] : [];
  const format = `${name}\t{{.Label "tilebed.owner"}}`;
  const text = await runCommand(['docker', '--host', host, kind, 'ls', ...all, '--format', format]);
  return text
    .split('\n')
    .filter((line) => line.endsWith(`:${stateFolder}`))
    .map((line) => line.split('\t')[0]!)
    .toSorted();
}

async function processesInside(stateFolder: string, node: string): Promise<readonly number[]> {
  const ids = await ownedProcesses(stateFolder, node);
  const names = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/comm`, 'utf8').catch(() => 'docker')),
  );
  return ids.filter((_, index) => names[index]!.trim() !== 'docker');
}
