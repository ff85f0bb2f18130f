/**
 * Turns Ctrl-C and a polite kill into an abort signal; a second one ends at once.
 *
 * One wish may come as several signals: `timeout` sends its own to the command and to the process group that
 * the command is in. So a second one counts only some time after the first; by this process' own time, since one
 * that was held up for so long hears of all of them when it goes on.
 */
import { TilebedError } from '../../runtime/errors.ts';
import { EXIT } from './exit.ts';

const ONE_PRESS_MS = 1000;

export function interruptSignal(say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  let isOver = false;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        // Timers come first in a round of the event loop, then signals, then what is set immediately.
        setTimeout(() => setImmediate(() => (isOver = true)).unref(), ONE_PRESS_MS).unref();
        say('interrupted: cleaning up (press again to end at once)');
        controller.abort(new TilebedError('INTERRUPTED', 'interrupted'));
      } else if (isOver) {
        say('ended at once: `tilebed down FILE` removes what is left of a testbed');
        process.exit(EXIT.interrupted);
      }
    });
  }
  return controller.signal;
}
