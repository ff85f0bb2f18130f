/**
 * Makes a node as slow as a device of one core, smoothly. A run of the engine is held back until as much
 * time has gone by as the device would have needed, for the run and for all else that the process has done
 * since the run before: messages, pieces, pictures. On one core that would have been in the run's way.
 *
 *   a run takes: engine's CPU time / its share + other CPU time / its share
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

/** What a thread and its whole process have used, in milliseconds. */
interface CpuUse {
  readonly thread: number;
  readonly process: number;
}

/** Of the thread that runs the engine. */
export interface PaceClock {
  used(): CpuUse;
  now(): number;
  /** Blocks the thread. */
  sleep(ms: number): void;
}

export class Pace {
  readonly #shares: CpuShares;
  readonly #clock: PaceClock;
  /** Up to where it is paid for. */
  #paid: CpuUse;
  #beforeRun: CpuUse;

  /** To be made in the thread that runs the engine, whose clock it has by default. */
  constructor(shares: CpuShares, clock: PaceClock = new ThreadClock()) {
    this.#shares = shares;
    this.#clock = clock;
    this.#paid = clock.used();
    this.#beforeRun = this.#paid;
  }

  /** What was used until now is not paid for. */
  forgive(): void {
    this.#paid = this.#clock.used();
  }

  /** A run begins. */
  begin(): void {
    this.#beforeRun = this.#clock.used();
  }

  /** The run is over: blocks its thread until it has taken its time, counted from `startMs`. */
  hold(startMs: number): void {
    const clock = this.#clock;
    const engineMs = clock.used().thread - this.#beforeRun.thread;
    const { engine, other } = this.#shares;
    for (;;) {
      // Other threads go on meanwhile, which makes it later.
      const otherMs = Math.max(0, clock.used().process - this.#paid.process - engineMs);
      const restMs = startMs + engineMs / engine + otherMs / other - clock.now();
      if (restMs <= 0) break;
      clock.sleep(restMs);
    }
    this.#paid = clock.used();
  }
}

class ThreadClock implements PaceClock {
  // The thread that opens it is the one that it tells of.
  readonly #file = openSync('/proc/thread-self/schedstat', 'r');
  readonly #line = Buffer.alloc(64);

  used(): CpuUse {
    // The kernel brings the account of a thread up to date when it switches.
    this.sleep(0.01);
    const length = readSync(this.#file, this.#line, 0, this.#line.length, 0);
    const nanoseconds = Number(this.#line.toString('latin1', 0, length).split(' ')[0]);
    const { user, system } = process.cpuUsage();
    return { thread: nanoseconds / 1e6, process: (user + system) / 1000 };
  }

  now(): number {
    return monotonicMs();
  }

  sleep(ms: number): void {
    Atomics.wait(NEVER, 0, 0, ms);
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
