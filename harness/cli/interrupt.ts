/** Turns Ctrl-C and a polite kill into an abort signal; a second one ends at once. */
import { TilebedError } from '../../runtime/errors.ts';
import { EXIT } from './exit.ts';

export function interruptSignal(onInterrupt: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted);
      onInterrupt();
      controller.abort(new TilebedError('INTERRUPTED', 'interrupted'));
    });
  }
  return controller.signal;
}
