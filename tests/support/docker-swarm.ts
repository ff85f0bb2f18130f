/**
 * Docker engines for tests, each in a network namespace of its own, on one bridge: as machines in a rack are.
 * They share nothing but the kernel: data, sockets, /run and host names are their own.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { engineAnswers } from './docker-engine.ts';
import { eventually } from './processes.ts';

const BRIDGE = 'tbtswarm';
const SUBNET = '10.31.250';
/** Its own /run, where Docker keeps more than it can be told otherwise. */
const SCRIPT = `hostname "$1" && mount -t tmpfs tmpfs /run && mkdir -p /run/xtables && shift && exec "$@"`;

export interface SwarmEngine {
  readonly host: string;
  readonly address: string;
  /** Of its daemon, whose namespaces are the machine's that it stands for. */
  readonly processId: number;
}

export class EngineRack implements AsyncDisposable {
  readonly engines: readonly SwarmEngine[];
  readonly bridge = BRIDGE;
  readonly folder: string;
  readonly #end: () => Promise<void>;

  private constructor(engines: readonly SwarmEngine[], folder: string, end: () => Promise<void>) {
    this.engines = engines;
    this.folder = folder;
    this.#end = end;
  }

  /** So many engines, in no swarm. */
  static async start(count: number): Promise<EngineRack> {
    const folder = await mkdtemp(join(tmpdir(), 'tilebed-rack-'));
    const forward = ['FORWARD', '-i', BRIDGE, '-o', BRIDGE, '-j', 'ACCEPT'];
    await tryCommand(['ip', 'link', 'delete', BRIDGE]);
    await runCommand(['ip', 'link', 'add', BRIDGE, 'type', 'bridge']);
    // This machine reaches those that the engines stand for.
    await runCommand(['ip', 'address', 'add', `${SUBNET}.254/24`, 'dev', BRIDGE]);
    await runCommand(['ip', 'link', 'set', BRIDGE, 'up']);
    await runCommand(['iptables', '-I', ...forward]);
    const started: Started[] = [];
    for (let index = 1; index <= count; index++) started.push(await startEngine(folder, index));
    return new EngineRack(
      started.map(({ engine }) => engine),
      folder,
      async () => {
        await Promise.all(started.map(({ end }) => end()));
        await tryCommand(['iptables', '-D', ...forward]);
        await tryCommand(['ip', 'link', 'delete', BRIDGE]);
        await rm(folder, { recursive: true, force: true });
      },
    );
  }

  /** What a user does once: the first is the manager, the others are workers. */
  async formSwarm(): Promise<void> {
    const [manager, ...workers] = this.engines as [SwarmEngine, ...SwarmEngine[]];
    const at = `${manager.address}:2377`;
    await docker(manager, 'swarm', 'init', '--advertise-addr', manager.address);
    const token = await docker(manager, 'swarm', 'join-token', '--quiet', 'worker');
    for (const worker of workers) {
      await docker(worker, 'swarm', 'join', '--token', token.trim(), at);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

export function docker({ host }: SwarmEngine, ...args: readonly string[]): Promise<string> {
  return runCommand(['docker', '--host', host, ...args]);
}

interface Started {
  readonly engine: SwarmEngine;
  readonly end: () => Promise<void>;
}

async function startEngine(folder: string, index: number): Promise<Started> {
  const own = join(folder, String(index));
  const namespace = `tbtswarm${index}`;
  const address = `${SUBNET}.${index}`;
  const port = `${BRIDGE}${index}`;
  const host = `unix://${own}/docker.sock`;
  await mkdir(own);
  // What a test run that was killed has left.
  await tryCommand(['ip', 'netns', 'delete', namespace]);
  await tryCommand(['ip', 'link', 'delete', port]);
  await runCommand(['ip', 'netns', 'add', namespace]);
  const cable = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
  await runCommand(['ip', 'link', 'add', port, ...cable]);
  await runCommand(['ip', 'link', 'set', port, 'master', BRIDGE, 'up']);
  await runCommand(['ip', '-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
  for (const device of ['eth0', 'lo']) {
    await runCommand(['ip', '-n', namespace, 'link', 'set', device, 'up']);
  }
  const engine = execa(
    'nsenter',
    [
      ...[`--net=/run/netns/${namespace}`, 'unshare', '--mount', '--uts'],
      ...['sh', '-c', SCRIPT, 'sh', namespace, 'dockerd', '--pidfile', join(own, 'pid')],
      ...['--data-root', join(own, 'data'), '--exec-root', join(own, 'exec')],
      ...['--host', host, '--host', 'unix:///run/docker.sock'],
      ...['--bip', `172.31.${index}.1/24`],
    ],
    { reject: false, stdin: 'ignore', buffer: false, stdout: 'ignore', all: true },
  );
  let said = '';
  engine.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  await eventually(`dockerd ${index}`, async () => {
    if (engine.exitCode !== null) throw new Error(said);
    return engineAnswers(host);
  });
  return {
    engine: { host, address, processId: engine.pid! },
    end: async () => {
      const exited = once(engine, 'exit');
      engine.kill('SIGTERM');
      await exited;
      await tryCommand(['ip', 'netns', 'delete', namespace]);
    },
  };
}
