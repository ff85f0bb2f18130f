/** Images for other machines than this one: made here, loaded by an engine, and run under QEMU's user emulation. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { extract, list } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { tilebed } from '../support/cli.ts';
import { useEngine } from '../support/docker-engine.ts';
import { skipWithout, withoutDocker } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';
import { threeNodes } from './providers/provider-under-test.ts';

interface ExportAnswer {
  readonly bytes: number;
  readonly images: readonly { readonly platform: string; readonly tag: string }[];
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

interface PlatformManifest extends Descriptor {
  readonly platform: { readonly architecture: string; readonly os: string };
}

const PATIENCE_MS = 240_000;
const QEMU = '/usr/bin/qemu-aarch64-static';

async function canEmulate(): Promise<boolean> {
  const tried = await Promise.all([
    tryCommand([QEMU, '-version']),
    tryCommand(['apt-get', '--version']),
  ]);
  return tried.every(({ exitCode }) => exitCode === 0);
}

const withoutEmulator = await skipWithout('qemu-user', canEmulate());

describe.skipIf(withoutDocker || withoutEmulator)('images of two platforms', () => {
  useEngine();
  let folder: string;
  let file: string;
  let answer: ExportAnswer;

  /** With a cache of its own, so that all is fetched. */
  const run = (...args: string[]) => tilebed(args, { env: { XDG_CACHE_HOME: folder } });
  const exportTo = (target: string, platforms: string) =>
    run('image', 'export', target, '--platform', platforms, '--format', 'json');
  const tagOf = (platform: string) => answer.images.find((each) => each.platform === platform)!.tag;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilebed-platforms-'));
    file = join(folder, 'two.tar');
    const { exitCode, stdout, stderr } = await exportTo(file, 'linux/amd64,linux/arm64');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    answer = JSON.parse(stdout) as ExportAnswer;
  }, PATIENCE_MS);
  afterAll(() => rm(folder, { recursive: true }));

  test('are one OCI layout with a manifest each, whose digests are true', async () => {
    const layout = await mkdtemp(join(folder, 'layout-'));
    await extract({ file, cwd: layout });
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
      readonly manifests: readonly PlatformManifest[];
    };
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ]);
    const blob = async ({ digest, size }: Descriptor) => {
      const bytes = await readFile(join(layout, 'blobs', digest.replace(':', '/')));
      expect(bytes).toHaveLength(size);
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
      return bytes;
    };
    for (const descriptor of index.manifests) {
      const manifest = JSON.parse(String(await blob(descriptor))) as {
        readonly config: Descriptor;
        readonly layers: readonly [Descriptor];
      };
      const config = JSON.parse(String(await blob(manifest.config))) as Record<string, unknown>;
      expect(config['architecture']).toBe(descriptor.platform.architecture);
      const layer = join(layout, 'layer.tgz');
      await writeFile(layer, await blob(manifest.layers[0]));
      const paths: string[] = [];
      await list({ file: layer, onReadEntry: ({ path }) => void paths.push(path) });
      expect(paths).toContain('./opt/tilebed/bin/node');
      expect(paths.filter((path) => /\/(sh|bash|dash|busybox|apt|dpkg)$/.test(path))).toEqual([]);
    }
    expect(await readdir(join(layout, 'blobs/sha256'))).toHaveLength(6);
  });

  test(
    'are the same file when they are made again, and what was got is kept',
    async () => {
      const again = join(folder, 'again.tar');
      // Nothing can be fetched any more.
      const env = { XDG_CACHE_HOME: folder, APT_CONFIG: '/dev/null', npm_config_offline: 'true' };
      const argv = ['image', 'export', again, '--platform', 'linux/amd64,linux/arm64'];
      expect((await tilebed(argv, { env })).exitCode).toBe(0);
      expect((await readFile(again)).equals(await readFile(file))).toBe(true);
    },
    PATIENCE_MS,
  );

  test(
    'are loaded by an engine, and what is for another machine computes there',
    async () => {
      await runCommand(['docker', 'load', '--input', file]);
      try {
        const facts = await runCommand([
          ...['docker', 'image', 'inspect', '--format', '{{.Architecture}} {{.Size}}'],
          ...answer.images.map(({ tag }) => tag),
        ]);
        const sizes = facts.split('\n').map((line) => line.split(' '));
        expect(sizes.map(([architecture]) => architecture)).toEqual(['amd64', 'arm64']);
        for (const [, size] of sizes) expect(Number(size)).toBeLessThan(180e6);
        const built = await run('image', 'build', '--platform', 'linux/arm64');
        expect(built.stdout).toContain(`${tagOf('linux/arm64')} for linux/arm64 was there already`);

        expect((await runtime(tagOf('linux/amd64'), 'verify')).exitCode).toBe(0);
        // It reads all files of the runtime, and hashes them.
        expect((await emulatedRuntime(tagOf('linux/arm64'), 'verify')).exitCode).toBe(0);
        for (const engine of ['onnxruntime', 'tfjs-wasm']) {
          // Which compares a convolution with sums that are exact.
          const { stdout } = await emulatedRuntime(tagOf('linux/arm64'), 'probe', engine);
          expect(JSON.parse(stdout)).toMatchObject({
            architecture: 'arm64',
            engine: { name: engine },
          });
        }
        for (const tool of ['env', 'mkdir', 'mv', 'rm', 'test']) {
          const { exitCode } = await emulated(tagOf('linux/arm64'), `/bin/${tool}`, '--version');
          expect({ tool, exitCode }).toEqual({ tool, exitCode: 0 });
        }
      } finally {
        await runCommand(['docker', 'image', 'rm', ...answer.images.map(({ tag }) => tag)]);
      }
    },
    PATIENCE_MS,
  );

  test('are each for the engines of their architecture', async () => {
    await using workspace = await Workspace.make('docker');
    await workspace.writeTestbed(threeNodes('10.31.44'));
    // The engine here, which says that it is a Pi's.
    const real = await runCommand(['which', 'docker']);
    const pretence = `#!/bin/sh
if [ "$1" = info ]; then '${real}' "$@" | sed s/x86_64/aarch64/; else exec '${real}' "$@"; fi
`;
    await writeFile(join(workspace.folder, 'docker'), pretence, { mode: 0o755 });
    const plan = async (path: string) => {
      const env = { XDG_CACHE_HOME: folder, PATH: path };
      const { stdout, stderr } = await tilebed(['up', workspace.testbed, '--dry-run'], { env });
      return stdout + stderr;
    };
    const path = process.env['PATH']!;
    expect(await plan(path)).toContain(tagOf('linux/amd64'));
    const other = await plan(`${workspace.folder}:${path}`);
    expect(other).toContain(`make the image ${tagOf('linux/arm64')}`);
    expect(other).not.toContain(tagOf('linux/amd64'));
  });

  test('platforms that there are not, and places that cannot be written, are told', async () => {
    const unknown = await run('image', 'build', '--platform', 'linux/arm64,linux/riscv64');
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('no image for the platform `linux/riscv64`');
    expect(unknown.stderr).toContain('linux/amd64, linux/arm64, linux/arm/v7');
    const base = await run('image', 'build', '--platform', 'linux/arm64', '--base', 'debian');
    expect(base.exitCode).toBe(2);
    const nowhere = await exportTo(join(folder, 'none/two.tar'), 'linux/arm64');
    expect(nowhere.exitCode).toBe(2);
    expect(nowhere.stderr).toContain('name a folder that is there');
    const onFolder = await exportTo(folder, 'linux/arm64');
    expect(onFolder.exitCode).toBe(2);
  });

  test('sources that lack the architecture are told, and leave nothing behind', async () => {
    const sources = join(folder, 'none.list');
    await writeFile(sources, `deb [trusted=yes] file:${folder}/mirror stable main\n`);
    const before = await readdir(folder);
    const args = ['image', 'export', join(folder, 'x.tar'), '--platform', 'linux/arm64'];
    const { exitCode, stderr } = await run(...args, '--apt-sources', sources);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("cannot get Debian's packages for arm64: E: ");
    expect(stderr).toContain('--apt-sources');
    expect(await readdir(folder)).toEqual(before);
    expect(await readdir(join(folder, 'tilebed/debian'))).toEqual(['arm64']);
  });
});

function runtime(tag: string, ...args: string[]) {
  return execa('docker', ['run', '--rm', '--network', 'none', tag, ...args], { reject: false });
}

/** The emulator itself is of this machine, so that the kernel need not know of it. */
function emulated(tag: string, ...command: string[]) {
  const options = ['--rm', '--read-only', '--network', 'none', '--volume', `${QEMU}:/qemu:ro`];
  const argv = ['run', ...options, '--entrypoint', '/qemu', tag, ...command];
  return execa('docker', argv, { reject: false });
}

async function emulatedRuntime(tag: string, ...args: string[]) {
  const format = '{{json .Config.Entrypoint}}';
  const entry = await runCommand(['docker', 'image', 'inspect', '--format', format, tag]);
  return emulated(tag, ...(JSON.parse(entry) as string[]), ...args);
}
