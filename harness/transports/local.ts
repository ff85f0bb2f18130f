/** Commands and files on this machine, under a node's own limits. */
import { constants, cp, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { tfjsNodeEnvironment } from '../../runtime/engine/tfjs/find-tfjs-node.ts';
import { startChild } from './child.ts';
import {
  type ExecOptions,
  type ExecResult,
  MAX_OUTPUT_BYTES,
  type RemoteProcess,
  type Transport,
} from './transport.ts';

export interface LocalTransportOptions {
  /** What a command is started through, such as `taskset -c 0`. */
  readonly launcher: readonly string[];
  /** Added to this process' own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export class LocalTransport implements Transport {
  readonly #options: LocalTransportOptions;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(options: LocalTransportOptions) {
    this.#options = options;
    // The bundle lacks what weighs too much: nodes on this machine use what lies here.
    this.#environment = { ...tfjsNodeEnvironment(), ...options.environment };
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const [file, ...args] = this.#launched(argv);
    const result = await execa(file, args, {
      env: this.#environment,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: MAX_OUTPUT_BYTES,
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      ...(options.signal && { cancelSignal: options.signal }),
      ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
    });
    options.signal?.throwIfAborted();
    return {
      exitCode: result.exitCode,
      signal: result.signal,
      stdout: result.stdout,
      // A command that could not even be started has no output of its own.
      stderr:
        result.exitCode === undefined && result.signal === undefined
          ? (result.message ?? '')
          : result.stderr,
    };
  }

  async spawn(argv: readonly string[]): Promise<RemoteProcess> {
    const child = startChild(this.#launched(argv), this.#environment);
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited: child.then(({ exitCode, signal }) => ({ exitCode, signal })),
      kill: async (signal) => {
        child.kill(signal);
      },
    };
  }

  async put(localPath: string, remotePath: string): Promise<void> {
    await mkdir(dirname(remotePath), { recursive: true });
    await cp(localPath, remotePath, { recursive: true, mode: constants.COPYFILE_FICLONE });
  }

  async get(remotePath: string, localPath: string): Promise<void> {
    await this.put(remotePath, localPath);
  }

  #launched(argv: readonly string[]): [string, ...string[]] {
    const [file, ...args] = [...this.#options.launcher, ...argv];
    if (file === undefined) throw new Error('no command');
    return [file, ...args];
  }
}
