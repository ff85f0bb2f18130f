/** A command that is started here and runs on its own: what transports make a remote process of. */
import { execa } from 'execa';

export function startChild(
  [file, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
) {
  const child = execa(file, args, {
    env: environment,
    reject: false,
    buffer: false,
    stdin: 'pipe',
  });
  // Writing to a process that has just died is not an error of ours: its end tells.
  child.stdin.on('error', () => {});
  return child;
}
