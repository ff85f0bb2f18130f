/** Runs this machine's own tools: argument arrays, English messages, and errors that name the command. */
import { execa } from 'execa';
import { TilebedError } from '../../runtime/errors.ts';

export interface CommandResult {
  /** Undefined where the command could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whatever comes of it. */
export async function tryCommand(
  argv: readonly string[],
  signal?: AbortSignal,
): Promise<CommandResult> {
  const [file = '', ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    env: { LC_ALL: 'C' },
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
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
