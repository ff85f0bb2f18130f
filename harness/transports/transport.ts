/** How commands and files reach one node. Paths are the node's own. */
import type { Readable, Writable } from 'node:stream';

/** More output than this ends a command. */
export const MAX_OUTPUT_BYTES = 2 ** 28;

export interface ExecOptions {
  readonly signal?: AbortSignal;
  /** Written to the command's standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly exitCode: number | undefined;
  /** The signal that ended the command, where it ended so. */
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs until it is done or killed. Its standard input closes when the harness dies. */
export interface RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it has ended, however it ended. */
  readonly exited: Promise<{
    readonly exitCode: number | undefined;
    readonly signal: NodeJS.Signals | undefined;
  }>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface Transport {
  /** Over a network that may break off: what is large is sent there so that it can be continued. */
  readonly mayBreakOff?: boolean;
  /** Runs to the end and collects the output. A non-zero exit is a result, not an error. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Starts and returns at once. */
  spawn(argv: readonly string[]): Promise<RemoteProcess>;
  /** Copies a file or a folder; makes missing parent folders. */
  put(localPath: string, remotePath: string): Promise<void>;
  get(remotePath: string, localPath: string): Promise<void>;
}
