#!/usr/bin/env node
/** The command `tilebed`. */
import { EXIT } from './exit.ts';
import { tilebedProgram } from './program.ts';

// Whoever reads our output may stop reading: `tilebed status | head`, or a terminal that is closed (EIO).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
  if (error.code !== 'EIO') throw error;
});
// Ctrl-C ends the reader of `tilebed run 2>&1 | tee log` first: what is to be cleaned up still is.
process.stderr.on('error', () => {});

await tilebedProgram().parseAsync();
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// What a verb leaves open (a kept connection, a timer) must not keep the command alive.
process.exit(process.exitCode ?? EXIT.done);

/** A pipe takes 64 KiB at a time: what it has not taken yet would be lost. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
