/**
 * The bundles for boards, deployed over SSH and run by the very Node.js that boards get, under QEMU's user
 * emulation: nodes of another architecture find what this machine's find.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tryCommand } from '../../harness/machine/command.ts';
import type { TrialRecord } from '../../harness/results/format.ts';
import { ROOT, tilebed } from '../support/cli.ts';
import { found } from '../support/found.ts';
import { skipWithout, withoutNetns, withoutSshd } from '../support/require.ts';
import { SshFleet } from '../support/ssh-fleet.ts';
import { Workspace } from '../support/workspace.ts';

const SUBNET = '10.32.14';
const TESTBED = `network: { subnet: ${SUBNET}.0/24 }
nodes:
  gateway: { role: gateway, address: ${SUBNET}.2 }
  edge0: { role: edge, address: ${SUBNET}.3 }
`;
const EXPERIMENT = `frames: { count: 1, sources: [edge0] }
matrix: { grid: [2x2], fusedLayers: [6] }
threshold: 0.05
liveness: { heartbeat: 2s, lostAfter: 60s }
timeout: 5m
`;
const PATIENCE_MS = 600_000;

/** The folder in which a Node.js for a kind of board is kept; CI makes it anew each time. */
const cache = join(tmpdir(), 'tilebed-emulated');

async function canEmulate(): Promise<boolean> {
  const tried = await Promise.all([
    tryCommand(['qemu-aarch64-static', '-version']),
    tryCommand(['qemu-arm-static', '-version']),
    tryCommand(['dpkg-deb', '--version']),
  ]);
  return tried.every(({ exitCode }) => exitCode === 0);
}

const withoutEmulator = await skipWithout('qemu-user', canEmulate());

describe.skipIf(withoutSshd || withoutNetns || withoutEmulator)('boards', () => {
  let fleet: SshFleet;
  let folder: string;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbssha', subnets: [SUBNET], hosts: [2, 3] });
    folder = await mkdtemp(join(tmpdir(), 'tilebed-arm-'));
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** A workspace whose machines are given an emulated Node.js, as any other is given one. */
  async function boards(kind: 'arm64' | 'armv7'): Promise<Workspace> {
    const made = join(cache, kind);
    await execa(join(ROOT, 'scripts/emulated-node.sh'), [kind, made]);
    const archive = join(folder, `${kind}.tgz`);
    await execa('tar', ['-C', made, '--transform', 's,^,bin/,', '-czf', archive, 'node']);
    const node = `  nodeArchives: { linux-x64: ${archive} }\n`;
    return Workspace.make('ssh', fleet.block().replace(/ {2}node: .*\n/, node));
  }

  async function runOn(workspace: Workspace, engine: string): Promise<TrialRecord> {
    await workspace.writeTestbed(TESTBED);
    await workspace.writeExperiment(`engine: ${engine}\n${EXPERIMENT}`);
    const results = join(workspace.folder, engine);
    const run = ['run', workspace.experiment, '--results', results, '--quiet'];
    const { exitCode, stderr } = await tilebed(run, { env: { XDG_CACHE_HOME: folder } });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const [record] = await workspace.records(results);
    expect(record!.status).toBe('ok');
    return record!;
  }

  async function compare(kind: 'arm64' | 'armv7', engine: string) {
    await using here = await Workspace.make('local');
    await using there = await boards(kind);
    const expected = await runOn(here, engine);
    const record = await runOn(there, engine);
    expect(expected.frames[0]!.detections.length).toBeGreaterThan(0);
    const { nodes } = await there.manifest(join(there.folder, engine));
    expect(nodes['edge0']!.architecture).toBe(kind === 'arm64' ? 'arm64' : 'arm');
    return { expected, record };
  }

  test(
    'of armv7 find with WebAssembly what this machine finds, to the last bit',
    async () => {
      const { expected, record } = await compare('armv7', 'tfjs-wasm');
      expect(found(record) === found(expected)).toBe(true);
    },
    PATIENCE_MS,
  );

  test.each(['tfjs-wasm', 'onnxruntime'])(
    'of arm64 find with %s what this machine finds, but for rounding',
    async (engine) => {
      const { expected, record } = await compare('arm64', engine);
      expectNear(record, expected);
    },
    PATIENCE_MS,
  );
});

/** Other instructions round otherwise: even `Math.exp` of Node.js for arm64 differs in its last bit. */
function expectNear(record: TrialRecord, expected: TrialRecord): void {
  const [others, wanted] = [record, expected].map(({ frames }) =>
    frames.flatMap(({ detections }) => detections),
  );
  expect(others).toHaveLength(wanted!.length);
  for (const [index, detection] of wanted!.entries()) {
    const other = others![index]!;
    expect(other.class).toBe(detection.class);
    expect(other.probability).toBeCloseTo(detection.probability, 4);
    for (const side of ['x', 'y', 'width', 'height'] as const) {
      expect(other.box[side]).toBeCloseTo(detection.box[side], 2);
    }
  }
}
