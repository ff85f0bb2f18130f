/**
 * The unfinished file of a download, TARGET.part, and beside it in TARGET.part.json what is needed to go
 * on with it: where it comes from, and the server's word for this version of it.
 */
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

interface Origin {
  readonly url: string;
  /** A strong ETag or a date of last modification: what If-Range takes. */
  readonly validator?: string;
}

export class PartialFile {
  readonly path: string;
  readonly #target: string;
  readonly #url: string;
  #validator: string | undefined;
  #receivedBytes = 0;
  #handle: FileHandle | undefined;

  private constructor(target: string, url: string) {
    this.#target = target;
    this.#url = url;
    this.path = `${target}.part`;
  }

  /** What an earlier download left is taken up only if it came from the same address and can be resumed. */
  static async find(target: string, url: string): Promise<PartialFile> {
    const part = new PartialFile(target, url);
    const origin = await readOrigin(part.#originPath);
    if (origin?.url === url && origin.validator !== undefined) {
      part.#validator = origin.validator;
      part.#receivedBytes = await fileSize(part.path);
    }
    return part;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Undefined where the server gave none: then a later download cannot go on with this file. */
  get validator(): string | undefined {
    return this.#validator;
  }

  /** Empties the file, for a version that the server calls `validator`. */
  async restart(validator: string | undefined): Promise<void> {
    await this.close();
    this.#receivedBytes = 0;
    this.#validator = validator;
    // Emptied before the new validator is written: old bytes must never pass for the new version's.
    this.#handle = await open(this.path, 'w');
    const origin: Origin = { url: this.#url, ...(validator !== undefined && { validator }) };
    await writeFile(this.#originPath, JSON.stringify(origin));
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#handle ??= await open(this.path, 'a');
    await this.#handle.writeFile(chunk);
    this.#receivedBytes += chunk.length;
  }

  /** Puts the file into its place, in one step and safe from a power cut. */
  async finish(): Promise<void> {
    this.#handle ??= await open(this.path, 'a');
    await this.#handle.sync();
    await this.close();
    await rename(this.path, this.#target);
    await rm(this.#originPath, { force: true });
    const folder = await open(dirname(this.#target));
    await folder.sync();
    await folder.close();
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(this.#originPath, { force: true });
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  get #originPath(): string {
    return `${this.path}.json`;
  }
}

async function readOrigin(path: string): Promise<Origin | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Origin;
  } catch {
    return undefined;
  }
}

function fileSize(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
