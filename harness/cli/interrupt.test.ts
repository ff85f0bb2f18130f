import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { interruptSignal } from './interrupt.ts';

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
let before: Map<string, readonly ((...args: unknown[]) => void)[]>;
let said: string[];
let signal: AbortSignal;

beforeEach(() => {
  before = new Map(NAMES.map((name) => [name, process.listeners(name) as never]));
  for (const name of NAMES) process.removeAllListeners(name);
  exit.mockClear();
  said = [];
  signal = interruptSignal((line) => said.push(line));
});
afterEach(() => {
  for (const name of NAMES) {
    process.removeAllListeners(name);
    for (const listener of before.get(name)!) process.on(name, listener);
  }
});

/** As a machine with too much to do holds a process up. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('signals that come together are one press, however late they are heard', async () => {
  process.emit('SIGINT');
  expect(signal.aborted).toBe(true);
  process.kill(process.pid, 'SIGINT');
  standStill(1200);
  await delay(20);
  expect(said).toEqual(['interrupted: cleaning up (press again to end at once)']);
  expect(exit).not.toHaveBeenCalled();
});

test('a second press ends at once', async () => {
  process.emit('SIGTERM');
  process.emit('SIGTERM');
  await delay(1100);
  expect(exit).not.toHaveBeenCalled();
  process.emit('SIGINT');
  expect(exit).toHaveBeenCalledExactlyOnceWith(130);
});
