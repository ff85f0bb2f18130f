/** Harnesses that end in the middle of their work on machines: what they leave is continued, or removed. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../harness/machine/command.ts';
import { ownNames } from '../../harness/providers/ssh/hosts.ts';
import { loadNetwork } from '../../runtime/model/load.ts';
import { layerFloats } from '../../runtime/model/weights.ts';
import { startTilebed, tilebed } from '../support/cli.ts';
import { eventually } from '../support/processes.ts';
import { withoutNetns, withoutSshd } from '../support/require.ts';
import { SshFleet } from '../support/ssh-fleet.ts';
import { Workspace } from '../support/workspace.ts';

const SUBNET = '10.32.13';
const HOSTS = [2, 3];
const EDGE = `${SUBNET}.3`;
const TESTBED = `network: { subnet: ${SUBNET}.0/24 }
nodes:
  gateway: { role: gateway, address: ${SUBNET}.2 }
  edge0: { role: edge, address: ${EDGE} }
`;
interface Upload {
  readonly argv: (workspace: Workspace) => readonly string[];
  /** Of the testbed's folder on the edge's machine. */
  readonly folder: string;
  readonly rate: string;
  /** So much has come when a harness is ended. */
  readonly bytes: number;
}

/** Two of the pieces in which it is sent. */
const NODE: Upload = {
  argv: ({ testbed }) => ['up', testbed],
  folder: 'bin',
  rate: '100mbit',
  bytes: 8 * 2 ** 20,
};
/** In the first of its pieces: what has come of that stays as well. */
const RUNTIME: Upload = {
  argv: ({ testbed }) => ['deploy', testbed],
  folder: 'nodes/edge0',
  rate: '20mbit',
  bytes: 2 * 2 ** 20,
};
const WEIGHTS: Upload = {
  argv: ({ experiment, results }) => ['run', experiment, '--results', results, '--resume'],
  folder: 'nodes/edge0/models',
  rate: '20mbit',
  bytes: 2 * 2 ** 20,
};

/** Of `head.cfg`, all zero: what it finds does not matter. */
async function writeWeights({ folder, experiment }: Workspace): Promise<void> {
  const network = await loadNetwork(join(folder, 'head.cfg'));
  const floats = network.layers.reduce(
    (sum, layer) => sum + (layer.kind === 'convolutional' ? layerFloats(layer) : 0),
    0,
  );
  // Of version 0.0.
  const header = 16;
  await writeFile(join(folder, 'head.weights'), Buffer.alloc(header + 4 * floats));
  await writeFile(
    experiment,
    `name: test
testbed: testbed.yaml
model: { cfg: head.cfg, weights: head.weights }
frames: { count: 1 }
matrix: { grid: [2x2], fusedLayers: [16] }
`,
  );
}

describe.skipIf(withoutSshd || withoutNetns)('machines over SSH', () => {
  let fleet: SshFleet;
  let folder: string;
  let archive: string;
  /** Where this test's commands remember testbeds, and nobody else's. */
  let home: string;
  let workspace: Workspace;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbsshi', subnets: [SUBNET], hosts: HOSTS });
    folder = await mkdtemp(join(tmpdir(), 'tilebed-archive-'));
    archive = join(folder, 'node.tgz');
    const root = join(process.execPath, '../..');
    await runCommand([
      'tar',
      '-C',
      root,
      '--use-compress-program=gzip -1',
      '-cf',
      archive,
      'bin/node',
    ]);
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tilebed-home-'));
    const block = fleet
      .block()
      .replace(/ {2}node: .*\n/, `  nodeArchives: { linux-x64: ${archive} }\n`);
    workspace = await Workspace.make('ssh', block);
    await workspace.writeTestbed(TESTBED);
  });
  afterEach(async () => {
    await workspace[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });

  const options = () => ({ env: { XDG_STATE_HOME: home, XDG_CACHE_HOME: folder } });
  const run = (...args: string[]) => tilebed(args, options());

  /** What is at the edge's machine, of any testbed. */
  const remains = async () =>
    (await fleet.names(EDGE)).filter((name) => name.startsWith('tilebed-'));

  /** As much as has come of what is still on its way to a folder. */
  async function partBytes(folder: string): Promise<number> {
    const path = `tilebed-${ownNames({ stateFolder: workspace.state }).id}/${folder}`;
    const part = (await fleet.names(EDGE, path)).find((name) => name.endsWith('.part'));
    if (part === undefined) return 0;
    return stat(join(fleet.keys.folder, EDGE, path, part)).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** A command whose upload is under way, over a link that gives time to look. */
  async function uploading({ argv, folder, rate, bytes }: Upload) {
    await fleet.limit(EDGE, rate);
    const harness = startTilebed(argv(workspace), options());
    const isThere = async () => (await partBytes(folder)) >= bytes;
    await eventually('half an upload', isThere, 60_000);
    return { harness };
  }

  /** Through a harness that is killed on the way, and another that goes on where it was. */
  async function uploadTwice(upload: Upload): Promise<void> {
    const { harness } = await uploading(upload);
    harness.kill('SIGKILL');
    await harness;
    // What is in the buffers of the machine may still come.
    const left = await partBytes(upload.folder);
    expect(left).toBeGreaterThanOrEqual(upload.bytes);
    const second = startTilebed(upload.argv(workspace), options());
    let least = Number.POSITIVE_INFINITY;
    let isOver = false;
    void second.then(() => {
      isOver = true;
    });
    let seen = 0;
    while (!isOver) {
      const size = await partBytes(upload.folder);
      if (size > 0) {
        least = Math.min(least, size);
        seen = Math.max(seen, size);
      }
    }
    await fleet.limit(EDGE, undefined);
    expect((await second).exitCode).toBe(0);
    expect(least).toBeGreaterThanOrEqual(left);
    expect(seen).toBeGreaterThan(left);
  }

  test('an upload of Node.js that a dead harness has left is continued', async () => {
    await uploadTwice(NODE);
    const { stdout } = await run('exec', workspace.testbed, 'edge0', '--', 'node', '--version');
    expect(stdout).toBe(process.version);
  });

  test('an upload of the runtime that a dead harness has left is continued', async () => {
    expect(await run('up', workspace.testbed)).toMatchObject({ exitCode: 0 });
    await uploadTwice(RUNTIME);
    expect(await partBytes(RUNTIME.folder)).toBe(0);
    expect((await run('deploy', workspace.testbed)).stdout).toContain('have runtime');
  });

  test('an upload of weights that a dead harness has left is continued', async () => {
    await workspace.writeYolov2Beginning();
    await writeWeights(workspace);
    expect(await run('up', workspace.testbed)).toMatchObject({ exitCode: 0 });
    expect(await run('deploy', workspace.testbed)).toMatchObject({ exitCode: 0 });
    await uploadTwice(WEIGHTS);
    expect(await partBytes(WEIGHTS.folder)).toBe(0);
    expect((await workspace.records()).map(({ status }) => status)).toEqual(['ok']);
  });

  test('Ctrl-C during an upload leaves nothing', async () => {
    const { harness } = await uploading(NODE);
    await fleet.limit(EDGE, undefined);
    harness.kill('SIGINT');
    expect((await harness).exitCode).toBe(130);
    expect(await remains()).toEqual([]);
    expect((await run('down', workspace.testbed)).stdout).toContain('was down already');
  });

  test('orphans are found by the record, where the folder of their state is gone', async () => {
    expect(await run('up', workspace.testbed)).toMatchObject({ exitCode: 0 });
    expect((await run('down', '--orphans')).stderr).not.toContain(workspace.state);
    await rm(workspace.state, { recursive: true });
    const told = await run('down', '--orphans', '--dry-run');
    expect(told.stderr).toContain(`orphan: ${workspace.state} (ssh)`);
    expect(await remains()).not.toEqual([]);
    const { exitCode, stdout } = await run('down', '--orphans');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '1 orphan removed' });
    expect(await remains()).toEqual([]);
    expect((await run('down', '--orphans')).stderr).not.toContain(workspace.state);
  });

  test('orphans are found on the machines of a file, where nothing is remembered', async () => {
    await using dead = await Workspace.make('ssh', fleet.block());
    await dead.writeTestbed(TESTBED);
    const harness = await tilebed(['up', dead.testbed], { env: { XDG_STATE_HOME: folder } });
    expect(harness.exitCode).toBe(0);
    expect(await run('up', workspace.testbed)).toMatchObject({ exitCode: 0 });
    await rm(dead.state, { recursive: true });
    expect((await run('down', '--orphans', '--dry-run')).stderr).not.toContain(dead.state);
    const { exitCode, stderr } = await run('down', workspace.testbed, '--orphans');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`orphan: ${dead.state} (ssh)`);
    // The living testbed on the same machines keeps all that it has.
    const own = `tilebed-${ownNames({ stateFolder: workspace.state }).id}`;
    expect(await remains()).toEqual([own]);
    expect((await run('exec', workspace.testbed, 'edge0', '--', 'true')).exitCode).toBe(0);
  });
});
