/**
 * A power meter of the user's: a command that prints watts, line by line or once, or a file that holds
 * them. It runs on this machine, whatever it measures.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { TilebedError } from '../../runtime/errors.ts';
import type { Meter } from '../spec/resolved.ts';
import type { WattSample } from './integrate.ts';

/** A meter that says nothing for so long is none. */
const FIRST_READING_MS = 15_000;

export class MeterReader {
  readonly samples: WattSample[] = [];
  readonly #meter: Meter;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #complaint: string | undefined;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#running = this.#run();
  }

  /** Rejects with a TilebedError (FAILED) where the meter does not work, and ends it then. */
  static async tried(meter: Meter, whose: string): Promise<void> {
    const reader = new MeterReader(meter);
    const deadline = performance.now() + FIRST_READING_MS;
    while (reader.samples.length === 0 && performance.now() < deadline && !reader.#complaint) {
      await delay(20);
    }
    await reader.end();
    if (reader.samples.length > 0) return;
    const why = reader.#complaint ?? `no reading in ${FIRST_READING_MS / 1000} s`;
    throw new TilebedError('FAILED', `the meter of ${whose} does not work: ${why}`, {
      hint: 'it has to print watts, one number a line',
    });
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await (this.#meter.command === undefined ? this.#readFile() : this.#runCommand());
      await delay(this.#meter.intervalMs, undefined, { signal }).catch(() => {});
    }
  }

  async #readFile(): Promise<void> {
    const text = await readFile(this.#meter.file!, 'utf8').catch((error: Error) => error);
    if (text instanceof Error) this.#complaint = text.message;
    else this.#take(text);
  }

  /** One that goes on prints a line a reading; one that ends is started again. */
  async #runCommand(): Promise<void> {
    const [file = '', ...args] = this.#meter.command!;
    const child = execa(file, args, {
      reject: false,
      stdin: 'ignore',
      buffer: { stdout: false },
      cancelSignal: this.#end.signal,
      forceKillAfterDelay: 1000,
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.#take(line));
    const { failed, shortMessage, stderr } = await child;
    if (failed && !this.#end.signal.aborted) {
      this.#complaint = [shortMessage, stderr].filter((part) => part).join(': ');
    }
  }

  #take(text: string): void {
    const value = Number(text.trim());
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) {
      this.samples.push({ atMs: performance.now(), watts: value * this.#meter.wattsPerUnit });
    } else if (text.trim() !== '') this.#complaint = `\`${text.trim()}\` is no number`;
  }
}
