#!/usr/bin/env node
/** The command `tilebed`. */
import { EXIT } from './exit.ts';
import { tilebedProgram } from './program.ts';

// Whoever reads our output may stop reading: `tilebed status | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

await tilebedProgram().parseAsync();
// What a verb leaves open (a kept connection, a timer) must not keep the command alive.
process.exit(process.exitCode ?? EXIT.done);
