/** Runs the built command as a user would, in a process of its own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MAIN = join(ROOT, 'dist/tilebed.js');

interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function startTilebed(args: readonly string[], options: CliOptions = {}) {
  return execa(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { NO_COLOR: '1', ...options.env },
    reject: false,
    stdin: 'ignore',
  });
}

export interface CliResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export async function tilebed(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await startTilebed(args, options);
  return { exitCode, stdout, stderr };
}
