/**
 * Makes a node as slow as a device of one core, smoothly. A run of the engine is held back until as much
 * time has gone by as the device would have needed, for the run and for what it would still have had to do
 * when the run began: messages, pieces, pictures. On one core that would have been in the run's way.
 *
 *   a run takes: backlog at its begin + engine's CPU time / its share + other CPU time meanwhile / its share
 *   backlog: grows by other CPU time / its share, and shrinks with the time that goes by between runs
 *
 * There are two shares because a server's vector units are much further ahead of a small device's than
 * its other parts are. A quota of the kernel comes to the same on the average, but a process that has used
 * it up answers nobody until the next period (decision 0031).
 */
import { openSync, readSync } from 'node:fs';
import { monotonicMs } from '../clock.ts';

/** In CPUs: CPU time over its share is the device's time. */
export interface CpuShares {
  readonly engine: number;
  readonly other: number;
}

/** Of the thread that runs the engine; all in milliseconds. */
export interface PaceClock {
  /** CPU time of the thread. */
  thread(): number;
  /** CPU time of its whole process. */
  process(): number;
  now(): number;
  /** Blocks the thread. */
  sleep(ms: number): void;
}

/** Work between runs is known to lie within two looks, and taken to lie at the end of that time. */
export const LOOK_MS = 5;

export class Pace {
  readonly #shares: CpuShares;
  readonly #clock: PaceClock;
  /** Other work that the device would not be done with yet, in its own time. */
  #backlogMs = 0;
  /** CPU time of the process that is in the backlog, and when that was. */
  #seen: { readonly process: number; readonly atMs: number };
  #threadBefore = 0;
  #running = false;

  /** To be made in the thread that runs the engine, whose clock it has by default. */
  constructor(shares: CpuShares, clock: PaceClock = new ThreadClock()) {
    this.#shares = shares;
    this.#clock = clock;
    this.#seen = this.#now();
  }

  /** What was done until now is not on the device's account. */
  forgive(): void {
    this.#backlogMs = 0;
    this.#seen = this.#now();
  }

  /** To be called every `LOOK_MS`: between runs the device gets on with its backlog. */
  look(): void {
    if (this.#running) return;
    const before = this.#seen;
    this.#seen = this.#now();
    const cpuMs = Math.max(0, this.#seen.process - before.process);
    const passedMs = this.#seen.atMs - before.atMs;
    // The work itself has taken some of that time.
    const workedMs = Math.min(cpuMs, passedMs);
    const leftMs = Math.max(0, this.#backlogMs - (passedMs - workedMs));
    this.#backlogMs = leftMs + Math.max(0, cpuMs / this.#shares.other - workedMs);
  }

  /** A run begins. */
  begin(): void {
    this.look();
    this.#running = true;
    this.#threadBefore = this.#clock.thread();
  }

  /** The run is over: blocks its thread until it has taken its time, counted from `startMs`. */
  hold(startMs: number): void {
    const clock = this.#clock;
    const engineMs = clock.thread() - this.#threadBefore;
    const { engine, other } = this.#shares;
    const deviceMs = this.#backlogMs + engineMs / engine;
    for (;;) {
      // Other threads go on meanwhile, which makes it later.
      const otherMs = Math.max(0, clock.process() - this.#seen.process - engineMs);
      const restMs = startMs + deviceMs + otherMs / other - clock.now();
      if (restMs <= 0) break;
      clock.sleep(restMs);
    }
    this.#running = false;
    this.forgive();
  }

  #now() {
    return { process: this.#clock.process(), atMs: this.#clock.now() };
  }
}

class ThreadClock implements PaceClock {
  // The thread that opens it is the one that it tells of.
  readonly #file = openSync('/proc/thread-self/schedstat', 'r');
  readonly #line = Buffer.alloc(64);

  thread(): number {
    // The kernel brings the account of a thread up to date when it switches.
    this.sleep(0.01);
    const length = readSync(this.#file, this.#line, 0, this.#line.length, 0);
    return Number(this.#line.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  }

  process(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  now(): number {
    return monotonicMs();
  }

  sleep(ms: number): void {
    Atomics.wait(NEVER, 0, 0, ms);
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
