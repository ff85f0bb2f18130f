/** Runs this machine's own tools: argument arrays, English messages, and errors that name the command. */
import { execa } from 'execa';
import { TilebedError } from '../../runtime/errors.ts';

export interface CommandResult {
  /** Undefined where the command could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly signal?: AbortSignal;
  /** Beside this process' own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it reads; nothing without. */
  readonly inputFile?: string;
}

/**
 * Who ends a command: the signal, or where there is none nobody, not Ctrl-C in the terminal either. Most
 * of what nobody may end is cleaning up.
 */
export function endedBy(signal: AbortSignal | undefined) {
  return signal === undefined ? { detached: true } : { cancelSignal: signal };
}

/**
 * Starts it again where it never began: Ctrl-C may hit a command that nobody may end while it is still new in
 * the terminal's group. Rejects when the signal is aborted.
 */
export async function untilBegun<Ended extends { readonly signal?: NodeJS.Signals | undefined }>(
  start: () => PromiseLike<Ended>,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  let ended = await start();
  signal?.throwIfAborted();
  while (signal === undefined && ended.signal === 'SIGINT') ended = await start();
  return ended;
}

/** Whatever comes of it. Without a signal it goes on to its end. */
export async function tryCommand(
  argv: readonly string[],
  { signal, environment, inputFile }: CommandOptions = {},
): Promise<CommandResult> {
  const [file = '', ...args] = argv;
  const run = () =>
    execa(file, args, {
      reject: false,
      env: { LC_ALL: 'C', ...environment },
      ...(inputFile === undefined ? { stdin: 'ignore' as const } : { inputFile }),
      ...endedBy(signal),
    });
  // What could not be started has no output at all.
  const { exitCode, stdout = '', stderr = '', message = '' } = await untilBegun(run, signal);
  return { exitCode, stdout, stderr: exitCode === undefined ? message : stderr };
}

/** Returns standard output. Rejects with a TilebedError: FAILED, or MISSING without such a command. */
export async function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await tryCommand(argv, options);
  if (exitCode === 0) return stdout;
  throw new TilebedError(
    exitCode === undefined ? 'MISSING' : 'FAILED',
    `${argv.join(' ')}: ${stderr.trim() || `ended with status ${exitCode}`}`,
  );
}
