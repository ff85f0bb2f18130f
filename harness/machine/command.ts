/** Runs this machine's own tools: argument arrays, English messages, and errors that name the command. */
import { execa } from 'execa';
import { TilebedError } from '../../runtime/errors.ts';

export interface CommandResult {
  /** Undefined where the command could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Whatever comes of it. What no signal is given for is to be ended by nobody, not by Ctrl-C in the terminal
 * either: most of it is cleaning up.
 */
export async function tryCommand(
  argv: readonly string[],
  signal?: AbortSignal,
): Promise<CommandResult> {
  const [file = '', ...args] = argv;
  const run = () =>
    execa(file, args, {
      reject: false,
      stdin: 'ignore',
      env: { LC_ALL: 'C' },
      ...(signal === undefined ? { detached: true } : { cancelSignal: signal }),
    });
  let result = await run();
  signal?.throwIfAborted();
  // Ctrl-C may still hit a new process, before it has left the terminal's group.
  while (signal === undefined && result.signal === 'SIGINT') result = await run();
  const { exitCode, stdout, stderr, message = '' } = result;
  return { exitCode, stdout, stderr: exitCode === undefined ? message : stderr };
}

/** Returns standard output. Rejects with a TilebedError: FAILED, or MISSING without such a command. */
export async function runCommand(argv: readonly string[], signal?: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await tryCommand(argv, signal);
  if (exitCode === 0) return stdout;
  throw new TilebedError(
    exitCode === undefined ? 'MISSING' : 'FAILED',
    `${argv.join(' ')}: ${stderr.trim() || `ended with status ${exitCode}`}`,
  );
}
