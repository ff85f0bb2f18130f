/**
 * Commands and files in a container. A command is `docker exec` itself, whose input closes when the
 * harness dies; signals go by another, which finds the command by a mark in its environment, since
 * Docker has no way to signal what it executes.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, dirname, posix, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { create, extract } from 'tar';
import { TilebedError } from '../../runtime/errors.ts';
import { tryCommand } from '../machine/command.ts';
import { startChild } from './child.ts';
import {
  type ExecOptions,
  type ExecResult,
  MAX_OUTPUT_BYTES,
  type RemoteProcess,
  type Transport,
} from './transport.ts';

const COMMAND_VARIABLE = 'TILEBED_COMMAND';
const KILL_PATIENCE_MS = 5000;
/** A shell's convention, which Docker follows: 128 and the number of the signal. */
const SIGNALLED = 128;
/** A kill reaches children too; other signals are for the command itself, which is the eldest. */
const SIGNAL_SCRIPT = `const { readdirSync, readFileSync } = require('node:fs');
const [mark, signal] = process.argv.slice(1);
const own = readdirSync('/proc').filter((id) => /^\\d+$/.test(id)).map(Number).filter((id) => {
  try { return readFileSync('/proc/' + id + '/environ', 'utf8').split('\\0').includes(mark); }
  catch { return false; }
}).sort((a, b) => a - b);
for (const id of signal === 'SIGKILL' ? own : own.slice(0, 1)) try { process.kill(id, signal); } catch {}
process.exit(own.length === 0 ? 3 : 0);`;

export interface DockerTransportOptions {
  /** The whole command of `docker` with these arguments, for the right engine. */
  readonly docker: (args: readonly string[]) => readonly [string, ...string[]];
  readonly container: string;
  /** The Node.js executable in it. */
  readonly node: string;
  /** Whom copied files belong to. */
  readonly user: number;
  /** Where a running container takes files: elsewhere it may be read-only. */
  readonly folder: string;
  /** Added to the environment of what is started, and of `docker` here. */
  readonly environment: Readonly<Record<string, string>>;
}

export class DockerTransport implements Transport {
  readonly #options: DockerTransportOptions;

  constructor(options: DockerTransportOptions) {
    this.#options = options;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { input, signal, timeoutMs } = options;
    signal?.throwIfAborted();
    const mark = commandMark();
    const [file, ...args] = this.#command(argv, mark, input !== undefined);
    const child = execa(file, args, {
      env: this.#options.environment,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: MAX_OUTPUT_BYTES,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    const enough = AbortSignal.any([
      ...(signal === undefined ? [] : [signal]),
      ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)]),
    ]);
    const end = () => void this.#kill(child, mark, 'SIGKILL').catch(() => child.kill('SIGKILL'));
    enough.addEventListener('abort', end, { once: true });
    const { exitCode, stdout, stderr, message = '' } = await child;
    enough.removeEventListener('abort', end);
    signal?.throwIfAborted();
    if (exitCode === undefined) {
      return { exitCode, signal: enough.aborted ? 'SIGKILL' : undefined, stdout, stderr: message };
    }
    // What could not be started is told by Docker, where the command's own output would be.
    const isDockers = stdout.startsWith('OCI runtime exec failed');
    return {
      ...exitOf(exitCode),
      stdout: isDockers ? '' : stdout,
      stderr: isDockers ? stdout : stderr,
    };
  }

  async spawn(argv: readonly string[]): Promise<RemoteProcess> {
    const mark = commandMark();
    const child = startChild(this.#command(argv, mark, true), this.#options.environment);
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited: child.then(({ exitCode, signal }) =>
        exitCode === undefined ? { exitCode, signal } : exitOf(exitCode),
      ),
      kill: (signal) => this.#kill(child, mark, signal),
    };
  }

  async put(localPath: string, remotePath: string): Promise<void> {
    const { docker, container, user, folder, environment } = this.#options;
    const from = resolve(localPath);
    await stat(from);
    const parent = posix.dirname(remotePath);
    await this.#mustRun(['mkdir', '-p', parent], `make ${parent}`);
    const name = basename(from);
    const archive = create(
      {
        cwd: dirname(from),
        onWriteEntry: (entry) => {
          entry.path = posix.basename(remotePath) + entry.path.slice(`./${name}`.length);
          if (entry.stat) Object.assign(entry.stat, { uid: user, gid: user });
        },
      },
      // A name that begins with @ would be read as an archive.
      [`./${name}`],
    );
    const target = posix.resolve(folder, parent);
    const [file, ...args] = docker(['cp', '-', `${container}:${target}`]);
    const child = execa(file, args, { env: environment, reject: false });
    await pipeline(archive, child.stdin).catch(() => {});
    const { exitCode, stderr } = await child;
    if (exitCode !== 0) throw copyError(`${from} to ${remotePath}`, stderr);
  }

  async get(remotePath: string, localPath: string): Promise<void> {
    const { docker, container, environment } = this.#options;
    const target = resolve(localPath);
    await mkdir(dirname(target), { recursive: true });
    const arrival = await mkdtemp(`${target}.partial-`);
    try {
      const [file, ...args] = docker(['cp', `${container}:${remotePath}`, '-']);
      const child = execa(file, args, {
        env: environment,
        reject: false,
        buffer: { stdout: false },
        encoding: 'utf8',
      });
      const unpacked = pipeline(child.stdout, extract({ cwd: arrival })).catch(
        (error: unknown) => error,
      );
      const { exitCode, stderr } = await child;
      const failed = await unpacked;
      if (exitCode !== 0) throw copyError(`${remotePath} to ${target}`, stderr);
      if (failed !== undefined) throw failed;
      await rm(target, { recursive: true, force: true });
      await rename(resolve(arrival, posix.basename(remotePath)), target);
    } finally {
      await rm(arrival, { recursive: true, force: true });
    }
  }

  #command(argv: readonly string[], mark: string, hasInput: boolean): [string, ...string[]] {
    const { docker, container, environment } = this.#options;
    const variables = [...Object.entries(environment).map((pair) => pair.join('=')), mark];
    const [file, ...args] = docker([
      'exec',
      ...(hasInput ? ['--interactive'] : []),
      ...variables.flatMap((variable) => ['--env', variable]),
      container,
      ...argv,
    ]);
    return [file, ...args];
  }

  async #mustRun(argv: readonly string[], what: string): Promise<void> {
    const { exitCode, stderr } = await this.exec(argv);
    if (exitCode === 0) return;
    const { container } = this.#options;
    throw new TilebedError('FAILED', `cannot ${what} in ${container}: ${stderr.trim()}`);
  }

  /** Resolves when the signal was given; a command that has not started yet is waited for. */
  async #kill(
    child: { readonly exitCode: number | null; kill(signal: NodeJS.Signals): boolean },
    mark: string,
    signal: NodeJS.Signals,
  ): Promise<void> {
    const { docker, container, node, environment } = this.#options;
    const script = ['exec', container, node, '-e', SIGNAL_SCRIPT, mark, signal];
    // What ends a command must not itself be ended by Ctrl-C.
    const run = (args: readonly string[]) => tryCommand(docker(args), { environment });
    const giveUpAt = performance.now() + KILL_PATIENCE_MS;
    while (child.exitCode === null && performance.now() < giveUpAt) {
      const { exitCode, stderr } = await run(script);
      if (exitCode === 0) return;
      if (stderr.includes('is paused')) {
        // What is to die need not stay frozen, and nothing reaches it while it is.
        await run(['unpause', container]);
      } else if (/is not running|No such container/i.test(stderr)) return;
      else await delay(50);
    }
    if (child.exitCode === null) child.kill(signal);
  }
}

function commandMark(): string {
  return `${COMMAND_VARIABLE}=${randomUUID()}`;
}

function exitOf(status: number) {
  const number = status - SIGNALLED;
  const [signal] = Object.entries(constants.signals).find(([, value]) => value === number) ?? [];
  return signal === undefined
    ? { exitCode: status, signal: undefined }
    : { exitCode: undefined, signal: signal as NodeJS.Signals };
}

function copyError(what: string, stderr: string): TilebedError {
  return new TilebedError('FAILED', `cannot copy ${what}: ${stderr.trim()}`);
}
