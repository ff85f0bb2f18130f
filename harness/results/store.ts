/** Writes a results folder so that a crash at any moment loses at most the repetition under way. */
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { makeFolder } from '../make-folder.ts';
import { writeWhole } from '../write-whole.ts';
import type { Manifest, Trace, TrialRecord } from './format.ts';
import { MANIFEST_FILE, type RepetitionName, TRIALS_FILE, tracePath } from './layout.ts';

interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Where it ends, line feed included. */
  readonly endByte: number;
}

const LINE_FEED = 0x0a;

export class ResultsStore {
  readonly folder: string;
  /** Of a sweep's thousands of records only this is remembered. */
  readonly #done = new Set<string>();
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Rejects with a TilebedError (INPUT) when results lie there already and are not to be continued. */
  static async open(folder: string, { resume }: { resume: boolean }): Promise<ResultsStore> {
    await makeFolder(folder);
    const store = new ResultsStore(folder);
    const wholeBytes = await store.#scan();
    if (store.#count > 0 && !resume) {
      throw new TilebedError('INPUT', `${folder} holds the results of ${store.#count} trials`, {
        hint: 'continue them with --resume, or give another folder with --results',
      });
    }
    if (resume) await store.#dropTornLine(wholeBytes);
    return store;
  }

  /** Records that are here, failed ones included. */
  get count(): number {
    return this.#count;
  }

  /** Whether that repetition has run, and did not fail. */
  isDone(name: RepetitionName): boolean {
    return this.#done.has(repetitionKey(name));
  }

  async writeManifest(manifest: Manifest): Promise<void> {
    await writeWhole(join(this.folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  }

  /** Of an earlier run into this folder. */
  async manifest(): Promise<Manifest | undefined> {
    const text = await readFile(join(this.folder, MANIFEST_FILE), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Manifest;
    } catch {
      // It is written anew at the start of every run: a damaged one is as good as none.
      return undefined;
    }
  }

  /** On the disk when it resolves. */
  async append(record: TrialRecord): Promise<void> {
    const handle = await open(join(this.folder, TRIALS_FILE), 'a');
    try {
      await handle.writeFile(`${JSON.stringify(record)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.#remember(record);
  }

  async writeTrace(trace: Trace): Promise<void> {
    const path = tracePath(this.folder, trace);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, JSON.stringify(trace));
  }

  /** All complete lines. Rejects with a TilebedError (INPUT) that names a damaged one. */
  async records(): Promise<readonly TrialRecord[]> {
    const records: TrialRecord[] = [];
    for await (const { text, number } of this.#lines()) {
      if (text !== '') records.push(this.#parse(text, number));
    }
    return records;
  }

  /** Remembers who is here; returns how many bytes the complete lines have. */
  async #scan(): Promise<number> {
    let wholeBytes = 0;
    for await (const { text, number, endByte } of this.#lines()) {
      wholeBytes = endByte;
      if (text !== '') this.#remember(this.#parse(text, number));
    }
    return wholeBytes;
  }

  #remember(record: TrialRecord): void {
    this.#count++;
    if (record.status !== 'failed') this.#done.add(repetitionKey(record));
  }

  /** One after the other, so that memory holds one. */
  async *#lines(): AsyncGenerator<Line> {
    const file = join(this.folder, TRIALS_FILE);
    if ((await stat(file).catch(() => undefined)) === undefined) return;
    let pending: Buffer[] = [];
    let number = 0;
    let endByte = 0;
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
        const line = Buffer.concat([...pending, chunk.subarray(from, at)]);
        pending = [];
        from = at + 1;
        endByte += line.length + 1;
        number++;
        yield { text: line.toString(), number, endByte };
      }
      if (from < chunk.length) pending.push(chunk.subarray(from));
    }
  }

  #parse(text: string, line: number): TrialRecord {
    try {
      return JSON.parse(text) as TrialRecord;
    } catch (cause) {
      const file = join(this.folder, TRIALS_FILE);
      throw new TilebedError('INPUT', `${file}:${line}: this is no trial`, {
        cause,
        hint: 'delete the line; its trial runs again',
      });
    }
  }

  /** What a crash left of a line would make the next one unreadable. */
  async #dropTornLine(wholeBytes: number): Promise<void> {
    const file = join(this.folder, TRIALS_FILE);
    const present = await stat(file).catch(() => undefined);
    if (present !== undefined && present.size > wholeBytes) await truncate(file, wholeBytes);
  }
}

function repetitionKey({ trial, repetition }: RepetitionName): string {
  return `${trial}-${repetition}`;
}
