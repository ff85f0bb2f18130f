/** While a command works with a testbed, its providers hear so: see `keepAlive` of a provider. */
import type { Testbed } from '../spec/resolved.ts';
import { partsOf, type TestbedPart } from './parts.ts';

/** A command that is over at once need not be waited for by machines that do not answer. */
const FIRST_WORD_AFTER_MS = 1000;

/** Until it is disposed of. */
export function holdTestbed(testbed: Testbed): Disposable {
  const timers = new Map<string, NodeJS.Timeout>();
  const wait = (part: TestbedPart, delayMs: number) => {
    const timer = setTimeout(async () => {
      const nextMs = await part.provider.keepAlive?.(part.context);
      if (nextMs !== undefined && timers.has(part.provider.name)) wait(part, nextMs);
    }, delayMs);
    timers.set(part.provider.name, timer.unref());
  };
  for (const part of partsOf(testbed)) wait(part, FIRST_WORD_AFTER_MS);
  return {
    [Symbol.dispose]() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
