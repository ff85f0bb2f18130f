/** Writes a results folder so that a crash at any moment loses at most the repetition under way. */
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { writeWhole } from '../write-whole.ts';
import type { Manifest, Trace, TrialRecord } from './format.ts';
import { MANIFEST_FILE, TRIALS_FILE, tracePath } from './layout.ts';

export class ResultsStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Rejects with a TilebedError (INPUT) when results lie there already and are not to be continued. */
  static async open(folder: string, { resume }: { resume: boolean }): Promise<ResultsStore> {
    await mkdir(folder, { recursive: true });
    const store = new ResultsStore(folder);
    const present = await store.records();
    if (present.length > 0 && !resume) {
      throw new TilebedError('INPUT', `${folder} holds the results of ${present.length} trials`, {
        hint: 'continue them with --resume, or give another folder with --results',
      });
    }
    if (resume) await store.#dropTornLine();
    return store;
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
  }

  async writeTrace(trace: Trace): Promise<void> {
    const path = tracePath(this.folder, trace);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, JSON.stringify(trace));
  }

  /** All complete lines. Rejects with a TilebedError (INPUT) that names a damaged one. */
  async records(): Promise<readonly TrialRecord[]> {
    const text = await this.#text();
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.flatMap((line, index) => (line === '' ? [] : [this.#parse(line, index + 1)]));
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

  async #text(): Promise<string> {
    return readFile(join(this.folder, TRIALS_FILE), 'utf8').catch(() => '');
  }

  /** What a crash left of a line would make the next one unreadable. */
  async #dropTornLine(): Promise<void> {
    const text = await this.#text();
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length === text.length) return;
    await truncate(join(this.folder, TRIALS_FILE), Buffer.byteLength(whole));
  }
}
