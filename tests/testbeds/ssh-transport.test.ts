/** The transport over SSH against a real server: what the contract of providers does not try. */
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathExists } from '../../harness/path-exists.ts';
import type { SshHost } from '../../harness/transports/ssh/host.ts';
import { SshTransport } from '../../harness/transports/ssh.ts';
import { ROOT } from '../support/cli.ts';
import { eventually } from '../support/processes.ts';
import { withoutSshd } from '../support/require.ts';
import { Sshd, SshKeys } from '../support/sshd.ts';

const NAMES = ['plain', "it's", 'two\nlines', 'ünï 漢', '-dash', '$HOME;*', '"q"', 'a\\b'];

describe.skipIf(withoutSshd)('over a real SSH server', () => {
  let keys: SshKeys;
  let server: Sshd;
  let folder: string;
  beforeAll(async () => {
    keys = await SshKeys.make();
    server = await Sshd.start(keys);
    folder = await mkdtemp(join(tmpdir(), 'tilebed-ssh-files-'));
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await keys[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const to = (host: Partial<SshHost> = {}, launcher: readonly string[] = []) =>
    new SshTransport({ host: { ...server.host, ...host }, launcher });

  describe('commands', () => {
    test('output, errors, input and status come apart', async () => {
      const script = 'cat; printf "größe no end" >&2; exit 3';
      const result = await to().exec(['sh', '-c', script], { input: 'einß\n\n' });
      expect(result).toEqual({
        exitCode: 3,
        signal: undefined,
        stdout: 'einß\n\n',
        stderr: 'größe no end',
      });
    });

    test('the launcher comes first', async () => {
      const { stdout } = await to({}, ['env', "X=it's"]).exec(['sh', '-c', 'echo "$X"']);
      expect(stdout).toBe("it's\n");
    });

    test('a command without input does not wait for any', async () => {
      expect((await to().exec(['cat'])).exitCode).toBe(0);
    });

    test('one that takes too long is ended', async () => {
      const { signal } = await to().exec(['sleep', '604'], { timeoutMs: 100 });
      expect(signal).toBe('SIGTERM');
    });

    test('an abort ends what the command has started too', async () => {
      const controller = new AbortController();
      const pidFile = join(folder, 'grandchild');
      const script = 'sleep 605 & echo $! > "$1.tmp" && mv "$1.tmp" "$1"; wait';
      const argv = ['sh', '-c', script, 'sh', pidFile];
      const running = to().exec(argv, { signal: controller.signal });
      const outcome = expect(running).rejects.toThrow('enough');
      const id = await eventually('the grandchild', () =>
        readFile(pidFile, 'utf8').catch(() => ''),
      );
      controller.abort(new Error('enough'));
      await outcome;
      await eventually('its end', () => !isAlive(Number(id)));
    });

    test('many at once share one connection', async () => {
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) => to().exec(['echo', String(index)])),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual([...'01234567'].map((n) => `${n}\n`));
      const { stdout } = await to().exec(['sh', '-c', 'echo "$SSH_CONNECTION"']);
      expect((await to().exec(['sh', '-c', 'echo "$SSH_CONNECTION"'])).stdout).toBe(stdout);
    });

    test('signals reach the process, which may answer them', async () => {
      const script = `process.on('SIGUSR1', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('ready');`;
      const child = await to().spawn([process.execPath, '-e', script]);
      await once(createInterface({ input: child.stdout }), 'line');
      await child.kill('SIGUSR1');
      expect(await child.exited).toEqual({ exitCode: 9, signal: undefined });
      await child.kill('SIGKILL');
    });
  });

  test('what a harness has started ends when it dies, whatever it is doing', async () => {
    const pidFile = join(folder, 'orphan');
    // It reads no input and takes no notice of anything but SIGKILL.
    const script = `trap '' HUP TERM INT PIPE; echo $$ > "$1.tmp" && mv "$1.tmp" "$1"; while :; do sleep 1; done`;
    const harness = `const { SshTransport } = await import(${JSON.stringify(join(ROOT, 'dist/harness/transports/ssh.js'))});
      const host = ${JSON.stringify(server.host)};
      const child = await new SshTransport({ host, launcher: [] }).spawn(['sh', '-c', ${JSON.stringify(script)}, 'sh', ${JSON.stringify(pidFile)}]);
      child.stdout.resume();`;
    const child = execa(process.execPath, ['--input-type=module', '-e', harness], {
      reject: false,
      stdin: 'ignore',
    });
    const id = Number(
      await eventually('the process', () => readFile(pidFile, 'utf8').catch(() => '')),
    );
    expect(isAlive(id)).toBe(true);
    child.kill('SIGKILL');
    await child;
    await eventually('its end', () => !isAlive(id));
  });

  describe('files', () => {
    test('a folder over one that is there, with odd names and modes', async () => {
      const here = join(folder, 'a folder');
      await mkdir(join(here, 'empty'), { recursive: true });
      for (const [index, name] of NAMES.entries()) {
        await writeFile(join(here, name), name);
        await chmod(join(here, name), index % 2 === 0 ? 0o755 : 0o600);
      }
      const there = join(folder, "it's", 'there');
      await mkdir(there, { recursive: true });
      await writeFile(join(there, 'older'), 'stays');
      await to().put(here, there);
      const back = join(folder, 'back');
      await to().get(there, back);
      for (const [index, name] of NAMES.entries()) {
        expect(await readFile(join(back, name), 'utf8')).toBe(name);
        expect((await stat(join(back, name))).mode & 0o777).toBe(index % 2 === 0 ? 0o755 : 0o600);
      }
      expect((await stat(join(back, 'empty'))).isDirectory()).toBe(true);
      expect(await readFile(join(back, 'older'), 'utf8')).toBe('stays');
    });

    test('a file in place of another, under an odd name', async () => {
      const here = join(folder, 'file');
      const there = join(folder, 'new', '-dash it\'s "$HOME"');
      for (const content of ['first', 'second']) {
        await writeFile(here, content, { mode: 0o640 });
        await to().put(here, there);
        expect(await readFile(there, 'utf8')).toBe(content);
      }
      expect((await stat(there)).mode & 0o777).toBe(0o640);
      const back = join(folder, 'deep', 'back');
      await to().get(there, back);
      expect(await readFile(back, 'utf8')).toBe('second');
    });

    test('what cannot be written or read is told as the machine tells it', async () => {
      await writeFile(join(folder, 'some'), 'x');
      await expect(to().put(join(folder, 'some'), '/proc/no/such')).rejects.toThrow(/cannot put/);
      await expect(to().get('/no such', join(folder, 'x'))).rejects.toThrow(/No such file/);
    });
  });

  describe('machines and keys', () => {
    test('a key is written down at first contact, and then known', async () => {
      const knownHostsFile = join(folder, 'known', 'hosts');
      const strict = to({ knownHostsFile, hostKeys: 'strict' });
      await expect(strict.exec(['true'])).rejects.toThrow(
        /is not known yet; its key is ssh-ed25519/,
      );
      expect((await to({ knownHostsFile }).exec(['true'])).exitCode).toBe(0);
      expect((await strict.exec(['true'])).exitCode).toBe(0);
      // ssh itself reads what was written.
      const { address, port, user } = server.host;
      const known = [`UserKnownHostsFile=${knownHostsFile}`, 'StrictHostKeyChecking=yes'];
      const { exitCode } = await execa(
        'ssh',
        [...known, 'BatchMode=yes']
          .flatMap((each) => ['-o', each])
          .concat([
            '-F',
            '/dev/null',
            '-i',
            keys.userKey,
            '-p',
            String(port),
            `${user}@${address}`,
            'true',
          ]),
        { reject: false },
      );
      expect(exitCode).toBe(0);
    });

    test('a changed key is refused, and the line that holds the old one is told', async () => {
      const knownHostsFile = join(folder, 'changed');
      const other = await readFile(`${await keys.makeKey('other')}.pub`, 'utf8');
      const entry = `[${server.host.address}]:${server.host.port} ${other}`;
      await writeFile(knownHostsFile, `# mine\n${entry}`);
      await expect(to({ knownHostsFile }).exec(['true'])).rejects.toMatchObject({
        message: expect.stringContaining(`${knownHostsFile}:2`),
        hint: expect.stringContaining('ssh-keygen -f'),
      });
    });

    test('whose key is not accepted is told how to bring it there', async () => {
      const keyFile = await keys.makeKey('stranger');
      await expect(to({ keyFile }).exec(['true'])).rejects.toMatchObject({
        message: expect.stringContaining('does not let this user in'),
        hint: expect.stringContaining(`ssh-copy-id -i ${keyFile} -p ${server.host.port}`),
      });
    });

    test('a key with a passphrase needs the agent where nobody can be asked', async () => {
      const keyFile = await keys.makeKey('locked', 'secret');
      await expect(to({ keyFile }).exec(['true'])).rejects.toMatchObject({
        hint: expect.stringContaining('ssh-add'),
      });
    });

    test('a machine that does not listen, and a name that nobody knows', async () => {
      await expect(to({ port: 1 }).exec(['true'])).rejects.toThrow(/nothing listens at port 1/);
      await expect(to({ address: 'no-such.invalid' }).exec(['true'])).rejects.toThrow(
        /the name no-such.invalid is not known/,
      );
    });

    test('through two jump hosts', async () => {
      await using first = await Sshd.start(keys, { address: '127.0.0.2' });
      await using second = await Sshd.start(keys, { address: '127.0.0.3' });
      const jump = { ...second.host, jump: first.host };
      const { stdout } = await to({ jump }).exec(['sh', '-c', 'echo "$SSH_CONNECTION"']);
      expect(stdout).toMatch(new RegExp(` ${server.host.port}\n$`));
    });

    test('a login that runs no commands is told as such', async () => {
      await using fixed = await Sshd.start(keys, { settings: ['ForceCommand=echo go away'] });
      const transport = new SshTransport({ host: fixed.host, launcher: [] });
      await expect(transport.exec(['true'])).rejects.toThrow(/runs no commands: go away/);
    });
  });

  test('a server that goes away is an error, and is found again when it is back', async () => {
    const first = await Sshd.start(keys);
    const { address, port } = first.host;
    const transport = new SshTransport({ host: first.host, launcher: [] });
    const { stdout } = await transport.exec(['sh', '-c', 'echo $PPID']);
    const started = join(folder, 'started');
    const argv = ['sh', '-c', 'touch "$1" && exec sleep 606', 'sh', started];
    const running = expect(transport.exec(argv)).rejects.toThrow(/is lost/);
    await eventually('the command', () => pathExists(started));
    process.kill(Number(stdout), 'SIGKILL');
    await running;
    await first[Symbol.asyncDispose]();
    await expect(transport.exec(['true'])).rejects.toThrow(/nothing listens/);
    await using _second = await Sshd.start(keys, { address, port });
    expect((await transport.exec(['true'])).exitCode).toBe(0);
  });
});

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
