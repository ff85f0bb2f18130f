/** A file server whose manners the tests of downloads change while it runs, and a folder to download to. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { TilebedError } from '../../runtime/errors.ts';
import { type Downloaded, type DownloadOptions, downloadModel } from './download.ts';

/** Larger than socket buffers, so that a cut connection leaves a part and not the whole. */
export const BODY = randomBytes(3_000_000);
export const CUT_AFTER = 1_000_000;
export const BODY_SHA256 = sha256(BODY);

interface Manners {
  body: Buffer;
  etag: string | undefined;
  /** Whether it honours Range and If-Range. */
  ranges: boolean;
  /** Sends so many bytes of an answer, then ends the connection or falls silent. */
  breakAfter: { bytes: number; how: 'cut' | 'silence' } | undefined;
  /** Waits so long after every tenth of an answer. */
  pauseMs: number;
  /** Answers in chunks, without a length. */
  lengthless: boolean;
  status: number | undefined;
}

export class ModelServer implements AsyncDisposable {
  readonly manners: Manners = {
    body: BODY,
    etag: '"one"',
    ranges: true,
    breakAfter: undefined,
    pauseMs: 0,
    lengthless: false,
    status: undefined,
  };
  readonly requests: { range: string | undefined; ifRange: string | undefined }[] = [];
  readonly http: Server;
  readonly folder: string;
  target: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.target = join(folder, 'models/model.weights');
    this.http = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<ModelServer> {
    const server = new ModelServer(await mkdtemp(join(tmpdir(), 'tilebed-download-')));
    await new Promise<void>((resolve) => server.http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
    await rm(this.folder, { recursive: true });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/model.weights`;
  }

  download(options: Partial<DownloadOptions> = {}): Promise<Downloaded> {
    return downloadModel({ url: this.url, target: this.target, ...options });
  }

  /** Leaves a part behind, as a cut connection does, and behaves again. */
  async interrupt(): Promise<TilebedError> {
    this.manners.breakAfter = { bytes: CUT_AFTER, how: 'cut' };
    const error = await failure(this.download());
    this.manners.breakAfter = undefined;
    return error;
  }

  async partBytes(): Promise<number> {
    return (await readFile(`${this.target}.part`)).length;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-range': ifRange } = request.headers;
    this.requests.push({ range, ifRange: ifRange as string | undefined });
    const { body, etag, breakAfter, ranges, lengthless, pauseMs, status } = this.manners;
    if (status !== undefined) {
      response.writeHead(status).end('no such file');
      return;
    }
    const unchanged = ifRange === undefined || ifRange === etag;
    const start = ranges && unchanged ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const part = body.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      ...(etag !== undefined && { etag }),
      ...(lengthless ? {} : { 'content-length': part.length }),
      ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    });
    if (pauseMs > 0) {
      void sendSlowly(part, response, pauseMs);
      return;
    }
    if (breakAfter === undefined) {
      response.end(part);
      return;
    }
    response.write(part.subarray(0, breakAfter.bytes), () => {
      if (breakAfter.how === 'cut') response.destroy();
    });
  }
}

async function sendSlowly(body: Buffer, response: ServerResponse, pauseMs: number): Promise<void> {
  const tenth = Math.ceil(body.length / 10);
  for (let from = 0; from < body.length; from += tenth) {
    response.write(body.subarray(from, from + tenth));
    await setTimeout(pauseMs);
  }
  response.end();
}

/** What it rejects with, which must be a TilebedError. */
export async function failure(work: Promise<unknown>): Promise<TilebedError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof TilebedError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
