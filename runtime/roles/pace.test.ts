/** How long runs are held, on a clock that stands still but for what the tests do; once on this machine's. */
import { expect, test } from 'vitest';
import { monotonicMs } from '../clock.ts';
import { Pace, type PaceClock } from './pace.ts';

/** Of a process with an engine's thread and others. */
class TestClock implements PaceClock {
  #now = 0;
  #thread = 0;
  #process = 0;
  /** CPU time of other threads in each sleep. */
  meanwhile: number[] = [];

  compute(ms: number): void {
    this.#now += ms;
    this.#thread += ms;
    this.#process += ms;
  }

  others(ms: number): void {
    this.#process += ms;
  }

  used() {
    return { thread: this.#thread, process: this.#process };
  }

  now() {
    return this.#now;
  }

  sleep(ms: number) {
    this.#now += ms;
    this.others(this.meanwhile.shift() ?? 0);
  }
}

function run(pace: Pace, clock: TestClock, engineMs: number): number {
  const startMs = clock.now();
  pace.begin();
  clock.compute(engineMs);
  pace.hold(startMs);
  return clock.now() - startMs;
}

test('a run takes its CPU time over its share, and pays for what others did before', () => {
  const clock = new TestClock();
  const pace = new Pace({ engine: 0.1, other: 0.5 }, clock);
  clock.others(10);
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 20);
  // Once.
  expect(run(pace, clock, 10)).toBeCloseTo(100);
});

test('what others do while a run is held makes it longer', () => {
  const clock = new TestClock();
  const pace = new Pace({ engine: 0.1, other: 0.5 }, clock);
  clock.meanwhile = [4, 1];
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 8 + 2);
});

test('what is forgiven is not paid for', () => {
  const clock = new TestClock();
  const pace = new Pace({ engine: 0.1, other: 0.5 }, clock);
  clock.others(1000);
  pace.forgive();
  expect(run(pace, clock, 10)).toBeCloseTo(100);
});

test("this thread's time and its process' are the kernel's", () => {
  const pace = new Pace({ engine: 0.1, other: 0.5 });
  const startMs = monotonicMs();
  pace.begin();
  const before = process.cpuUsage();
  const used = () => process.cpuUsage(before);
  while (used().user + used().system < 10_000);
  pace.hold(startMs);
  // Vitest's other threads had a part in the 10 ms, and are charged a fifth.
  expect(monotonicMs() - startMs).toBeGreaterThan(20);
});
