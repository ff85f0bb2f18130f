/** A real OpenSSH server for a test: its own keys, its own place, no trace in the machine's configuration. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { SshHost } from '../../harness/transports/ssh/host.ts';
import { eventually } from './processes.ts';

const PROGRAM = '/usr/sbin/sshd';

export interface SshdOptions {
  readonly address?: string;
  readonly port?: number;
  /** What it is started through, such as `nsenter --net=...`. */
  readonly launcher?: readonly string[];
  /** More of its configuration, such as `MaxSessions=1`. */
  readonly settings?: readonly string[];
}

/** Keys of one user, and a file of known hosts, for all servers of a test. */
export class SshKeys implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<SshKeys> {
    const keys = new SshKeys(await mkdtemp(join(tmpdir(), 'tilebed-ssh-')));
    await keys.makeKey('user');
    await keys.makeKey('host');
    const key = await readFile(join(keys.folder, 'user.pub'), 'utf8');
    await writeFile(join(keys.folder, 'authorized_keys'), key, { mode: 0o600 });
    // Wanted by sshd when root starts it; on machines with a running one it is there.
    await mkdir('/run/sshd', { recursive: true }).catch(() => {});
    return keys;
  }

  async makeKey(name: string, passphrase = ''): Promise<string> {
    const file = join(this.folder, name);
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', file]);
    return file;
  }

  get userKey(): string {
    return join(this.folder, 'user');
  }

  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Sshd implements AsyncDisposable {
  readonly host: SshHost;
  readonly #end: () => Promise<void>;

  private constructor(host: SshHost, end: () => Promise<void>) {
    this.host = host;
    this.#end = end;
  }

  static async start(keys: SshKeys, options: SshdOptions = {}): Promise<Sshd> {
    const { address = '127.0.0.1', launcher = [], settings = [] } = options;
    const port = options.port ?? (await freePort(address));
    const [file = PROGRAM, ...args] = [...launcher, ...(await ownHome(keys)), PROGRAM];
    const server = execa(
      file,
      [...args, '-D', '-e', '-f', '/dev/null', '-p', String(port)].concat(
        ['-h', join(keys.folder, 'host'), '-o', `ListenAddress=${address}`],
        ['-o', `AuthorizedKeysFile=${join(keys.folder, 'authorized_keys')}`],
        ['-o', 'StrictModes=no', '-o', 'UsePAM=no', '-o', 'PidFile=none'],
        ['-o', 'PasswordAuthentication=no', '-o', 'Subsystem=sftp internal-sftp'],
        settings.flatMap((setting) => ['-o', setting]),
      ),
      { reject: false, stdin: 'ignore', buffer: false },
    );
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await eventually('sshd', () => {
      if (server.exitCode !== null) throw new Error(said);
      return said.includes('Server listening');
    });
    const host: SshHost = {
      address,
      port,
      user: userInfo().username,
      keyFile: keys.userKey,
      hostKeys: 'accept-new',
      knownHostsFile: keys.knownHosts,
    };
    return new Sshd(host, async () => {
      // Its sessions live on as long as their connections, and hold its output open.
      const exited = once(server, 'exit');
      server.kill();
      await exited;
      server.stderr.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

/** What the user's shell does at its start, and waits for, is no part of any test. */
async function ownHome({ folder }: SshKeys): Promise<readonly string[]> {
  const { uid, homedir } = userInfo();
  if (uid !== 0) return [];
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', home, homedir];
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const port = (server.address() as { port: number }).port;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
