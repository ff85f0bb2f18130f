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

  /** Other threads work, and nobody computes. */
  others(ms: number): void {
    this.#now += ms;
    this.#process += ms;
  }

  idle(ms: number): void {
    this.#now += ms;
  }

  thread() {
    return this.#thread;
  }

  process() {
    return this.#process;
  }

  now() {
    return this.#now;
  }

  sleep(ms: number) {
    this.#now += ms;
    this.#process += this.meanwhile.shift() ?? 0;
  }
}

const SHARES = { engine: 0.1, other: 0.5 };

function run(pace: Pace, clock: TestClock, engineMs: number): number {
  pace.begin();
  const startMs = clock.now();
  clock.compute(engineMs);
  pace.hold(startMs);
  return clock.now() - startMs;
}

test('a run takes its CPU time over its share, and waits for what others did just before', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  clock.others(10);
  // Twenty of the device, of which ten have gone by.
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 10);
  // Once.
  expect(run(pace, clock, 10)).toBeCloseTo(100);
});

test('what others do while a run is held makes it longer', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  clock.meanwhile = [4, 1];
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 8 + 2);
});

test('between runs the device gets on with its other work', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  clock.others(10);
  pace.look();
  clock.idle(4);
  pace.look();
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 6);
  clock.others(10);
  pace.look();
  clock.idle(50);
  expect(run(pace, clock, 10)).toBeCloseTo(100);
});

test('work since the last look is taken to have been done just before the run', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  clock.others(10);
  clock.idle(100);
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 10);
});

test('more threads than one do more than time goes by, and all of it is paid for', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  clock.others(5);
  // As much again, at the same time.
  clock.idle(-5);
  clock.others(5);
  expect(run(pace, clock, 10)).toBeCloseTo(100 + 20 - 5);
});

test('what is looked at during a run is not taken twice', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  pace.begin();
  clock.compute(10);
  pace.look();
  pace.hold(0);
  expect(clock.now()).toBeCloseTo(100);
  expect(run(pace, clock, 10)).toBeCloseTo(100);
});

test('what is forgiven is not paid for', () => {
  const clock = new TestClock();
  const pace = new Pace(SHARES, clock);
  clock.others(1000);
  pace.forgive();
  expect(run(pace, clock, 10)).toBeCloseTo(100);
});

test("this thread's time and its process' are the kernel's", () => {
  const pace = new Pace(SHARES);
  pace.begin();
  const startMs = monotonicMs();
  const before = process.cpuUsage();
  const used = () => process.cpuUsage(before);
  while (used().user + used().system < 10_000);
  pace.hold(startMs);
  // Vitest's other threads had a part in the 10 ms, and are charged a fifth.
  expect(monotonicMs() - startMs).toBeGreaterThan(20);
});
