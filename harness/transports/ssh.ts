/** Commands and files on another machine, over SSH. */
import { text } from 'node:stream/consumers';
import { TilebedError } from '../../runtime/errors.ts';
import { closeConnection } from './ssh/connection.ts';
import { getFiles, putFiles } from './ssh/files.ts';
import { hostText, type SshHost } from './ssh/host.ts';
import { startProcess } from './ssh/process.ts';
import {
  type ExecOptions,
  type ExecResult,
  MAX_OUTPUT_BYTES,
  type RemoteProcess,
  type Transport,
} from './transport.ts';

export interface SshTransportOptions {
  readonly host: SshHost;
  /** What a command is started through, such as `taskset -c 0`. */
  readonly launcher: readonly string[];
}

/** All transports to one machine share one connection; it closes with the process. */
export class SshTransport implements Transport {
  readonly mayBreakOff = true;
  readonly #options: SshTransportOptions;

  constructor(options: SshTransportOptions) {
    this.#options = options;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { signal, input, timeoutMs } = options;
    const child = await this.#start(argv, signal);
    const { channel } = child;
    const abort = () => child.signal('SIGKILL', 'group');
    signal?.addEventListener('abort', abort, { once: true });
    const timer = timeoutMs && setTimeout(() => child.signal('SIGTERM', 'process'), timeoutMs);
    try {
      const [stdout, stderr] = [collect(channel), collect(channel.stderr)];
      channel.end(input ?? '');
      const { exitCode, signal: endedBy } = await child.closed;
      signal?.throwIfAborted();
      if (exitCode === undefined && endedBy === undefined) throw lost(this.#options.host);
      return { exitCode, signal: endedBy, stdout: await stdout, stderr: await stderr };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  async spawn(argv: readonly string[]): Promise<RemoteProcess> {
    const child = await this.#start(argv, undefined, false);
    const { channel } = child;
    return {
      stdin: channel,
      stdout: channel,
      stderr: channel.stderr,
      exited: child.exited,
      kill: async (signal) => child.signal(signal, 'process'),
    };
  }

  async put(localPath: string, remotePath: string): Promise<void> {
    await putFiles(this.#options.host, localPath, remotePath);
  }

  async get(remotePath: string, localPath: string): Promise<void> {
    await getFiles(this.#options.host, remotePath, localPath);
  }

  /** For what comes next: the machine may have another address. */
  async reconnect(): Promise<void> {
    await closeConnection(this.#options.host);
  }

  async #start(argv: readonly string[], signal?: AbortSignal, isRead = true) {
    const { host, launcher } = this.#options;
    signal?.throwIfAborted();
    const child = await startProcess(host, [...launcher, ...argv], { isRead });
    if (signal?.aborted === true) {
      child.signal('SIGKILL', 'group');
      child.channel.resume();
    }
    signal?.throwIfAborted();
    return child;
  }
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) stream.emit('error', new Error('too much output'));
  });
  return text(stream);
}

function lost(host: SshHost): TilebedError {
  return new TilebedError('FAILED', `the connection to ${hostText(host)} is lost`, {
    hint: 'is it still powered, and in this network?',
  });
}
