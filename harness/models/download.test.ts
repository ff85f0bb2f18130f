import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TilebedError } from '../../runtime/errors.ts';
import { type DownloadOptions, type DownloadProgress, downloadModel } from './download.ts';
import { pullModel } from './pull.ts';

/** Larger than socket buffers, so that a cut connection leaves a part and not the whole. */
const BODY = randomBytes(3_000_000);
const CUT_AFTER = 1_000_000;
const BODY_SHA256 = sha256(BODY);

/** A file server whose manners the tests change while it runs. */
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

let manners: Manners;
let requests: { range: string | undefined; ifRange: string | undefined }[];
let server: Server;
let url: string;
let folder: string;
let target: string;

beforeEach(async () => {
  manners = {
    body: BODY,
    etag: '"one"',
    ranges: true,
    breakAfter: undefined,
    pauseMs: 0,
    lengthless: false,
    status: undefined,
  };
  requests = [];
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.weights`;
  folder = await mkdtemp(join(tmpdir(), 'tilebed-download-'));
  target = join(folder, 'models/model.weights');
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { range, 'if-range': ifRange } = request.headers;
  requests.push({ range, ifRange: ifRange as string | undefined });
  const { body, etag, breakAfter } = manners;
  if (manners.status !== undefined) {
    response.writeHead(manners.status).end('no such file');
    return;
  }
  const unchanged = ifRange === undefined || ifRange === etag;
  const start =
    manners.ranges && unchanged ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
  const part = body.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    ...(etag !== undefined && { etag }),
    ...(manners.lengthless ? {} : { 'content-length': part.length }),
    ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
  });
  if (manners.pauseMs > 0) {
    void sendSlowly(part, response);
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

async function sendSlowly(body: Buffer, response: ServerResponse): Promise<void> {
  const tenth = Math.ceil(body.length / 10);
  for (let from = 0; from < body.length; from += tenth) {
    response.write(body.subarray(from, from + tenth));
    await setTimeout(manners.pauseMs);
  }
  response.end();
}

function download(options: Partial<DownloadOptions> = {}) {
  return downloadModel({ url, target, ...options });
}

async function failure(work: Promise<unknown>): Promise<TilebedError> {
  const error = await work.then(
    () => undefined,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(TilebedError);
  return error;
}

/** Leaves a part behind, as a cut connection does, and has the server behave again. */
async function interrupt(): Promise<TilebedError> {
  manners.breakAfter = { bytes: CUT_AFTER, how: 'cut' };
  const error = await failure(download());
  manners.breakAfter = undefined;
  return error;
}

async function partBytes(): Promise<number> {
  return (await readFile(`${target}.part`)).length;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('a file arrives whole, with its progress, and leaves nothing else but its hash', async () => {
  const seen: DownloadProgress[] = [];
  const done = await download({ onProgress: (progress) => seen.push(progress) });
  expect(done).toEqual({ bytes: BODY.length, sha256: BODY_SHA256 });
  expect((await readFile(target)).equals(BODY)).toBe(true);
  expect(await readFile(`${target}.sha256`, 'utf8')).toBe(`${BODY_SHA256}  model.weights\n`);
  expect(existsSync(`${target}.part`)).toBe(false);
  expect(existsSync(`${target}.part.json`)).toBe(false);
  expect(seen[0]).toEqual({ receivedBytes: 0, totalBytes: BODY.length });
  expect(seen.at(-1)).toEqual({ receivedBytes: BODY.length, totalBytes: BODY.length });
});

describe('after a cut connection', () => {
  test('the part is kept, and the next call asks only for the rest', async () => {
    const error = await interrupt();
    expect(error.code).toBe('FAILED');
    expect(error.hint).toContain('goes on where it stopped');
    expect(existsSync(target)).toBe(false);
    const kept = await partBytes();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(CUT_AFTER);

    const seen: number[] = [];
    await download({ onProgress: ({ receivedBytes }) => seen.push(receivedBytes) });
    expect(requests).toEqual([
      { range: undefined, ifRange: undefined },
      { range: `bytes=${kept}-`, ifRange: '"one"' },
    ]);
    expect(seen[0]).toBe(kept);
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test('a server without ranges sends everything again', async () => {
    await interrupt();
    manners.ranges = false;
    await download();
    expect(requests).toHaveLength(2);
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test('a changed file is taken from its start', async () => {
    await interrupt();
    manners.body = randomBytes(BODY.length);
    manners.etag = '"two"';
    await download();
    expect((await readFile(target)).equals(manners.body)).toBe(true);
  });

  test('a server that ignores If-Range and goes on with another file is asked for all of it', async () => {
    await interrupt();
    manners.body = randomBytes(BODY.length);
    manners.etag = '"two"';
    const [listener] = server.listeners('request') as [typeof answer];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      delete request.headers['if-range'];
      listener(request, response);
    });
    await download();
    expect(requests.map(({ range }) => range === undefined)).toEqual([true, false, true]);
    expect((await readFile(target)).equals(manners.body)).toBe(true);
  });

  test('a server that has no such range any more is asked for all', async () => {
    await interrupt();
    manners.status = 416;
    server.once('request', () => {
      manners.status = undefined;
    });
    await download();
    expect(requests).toHaveLength(3);
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test('without a validator nothing is resumed', async () => {
    manners.etag = undefined;
    const error = await interrupt();
    expect(error.hint).toBe('run it again');
    await download();
    expect(requests[1]).toEqual({ range: undefined, ifRange: undefined });
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test('another address does not go on with this one’s part', async () => {
    await interrupt();
    await download({ url: `${url}?mirror` });
    expect(requests[1]?.range).toBeUndefined();
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test('a part that is complete is only checked', async () => {
    await interrupt();
    await writeFile(`${target}.part`, BODY);
    await download({ expectedBytes: BODY.length });
    expect(requests).toHaveLength(1);
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });
});

describe('what is not the wanted file', () => {
  test('a wrong hash is refused with both hashes, and the part goes', async () => {
    const wanted = 'ab'.repeat(32);
    const error = await failure(download({ sha256: wanted }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain(wanted);
    expect(error.message).toContain(BODY_SHA256);
    expect(existsSync(target)).toBe(false);
    expect(existsSync(`${target}.part`)).toBe(false);
    expect(existsSync(`${target}.sha256`)).toBe(false);
  });

  test('a hash may be given in capitals', async () => {
    expect((await download({ sha256: BODY_SHA256.toUpperCase() })).sha256).toBe(BODY_SHA256);
  });

  test('the hash of the first download must come again, unless another is given', async () => {
    await download();
    manners.body = randomBytes(BODY.length);
    const error = await failure(download());
    expect(error.message).toContain(BODY_SHA256);
    expect(error.hint).toContain(`${target}.sha256`);
    expect((await readFile(target)).equals(BODY)).toBe(true);

    await download({ sha256: sha256(manners.body) });
    expect((await readFile(target)).equals(manners.body)).toBe(true);
    expect(await readFile(`${target}.sha256`, 'utf8')).toContain(sha256(manners.body));
  });

  test('a length that is not the expected one is refused before anything is written', async () => {
    const error = await failure(download({ expectedBytes: BODY.length + 1 }));
    expect(error.message).toContain(`${BODY.length} bytes`);
    expect(error.message).toContain(`${BODY.length + 1}`);
    expect(existsSync(`${target}.part`)).toBe(false);
  });

  test.each([-1, 1])('so is an answer without a length that is %i bytes off', async (off) => {
    manners.lengthless = true;
    const error = await failure(download({ expectedBytes: BODY.length - off }));
    expect(error.code).toBe('FAILED');
    expect(existsSync(target)).toBe(false);
  });

  test('an error of the server is told with its status', async () => {
    manners.status = 404;
    const error = await failure(download());
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('404');
    expect(existsSync(`${target}.part`)).toBe(false);
  });

  test.each(['no address', 'file:///etc/passwd'])(
    '%s is no address to download from',
    async (text) => {
      expect((await failure(download({ url: text }))).code).toBe('INPUT');
    },
  );

  test('a hash of the wrong length is the user’s fault', async () => {
    expect((await failure(download({ sha256: 'abc' }))).code).toBe('INPUT');
  });
});

describe('what gets in the way', () => {
  test('a silent server is given up, and the part can be resumed', async () => {
    manners.breakAfter = { bytes: CUT_AFTER, how: 'silence' };
    const error = await failure(download({ patienceMs: 300 }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('sent nothing for 0.3 s');
    expect(await partBytes()).toBe(CUT_AFTER);
    manners.breakAfter = undefined;
    await download();
    expect(requests[1]?.range).toBe(`bytes=${CUT_AFTER}-`);
  });

  test('a slow server is borne with as long as something comes', async () => {
    manners.pauseMs = 60;
    await download({ patienceMs: 400 });
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test('a server that never answers is given up', async () => {
    server.removeAllListeners('request');
    const error = await failure(download({ patienceMs: 100 }));
    expect(error.message).toContain('sent nothing for 0.1 s');
  });

  test('nobody listening is told with the system’s words', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const error = await failure(download({ url: `http://127.0.0.1:${port}/` }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test.each([
    new TilebedError('INTERRUPTED', 'stopped'),
    new DOMException('stopped', 'AbortError'),
  ])('an abort ends with its reason, %s, and keeps the part', async (reason) => {
    const controller = new AbortController();
    manners.breakAfter = { bytes: CUT_AFTER, how: 'silence' };
    const work = download({
      signal: controller.signal,
      onProgress: ({ receivedBytes }) => {
        if (receivedBytes === CUT_AFTER) controller.abort(reason);
      },
    });
    await expect(work).rejects.toBe(reason);
    expect(await partBytes()).toBe(CUT_AFTER);
    manners.breakAfter = undefined;
    await download();
    expect((await readFile(target)).equals(BODY)).toBe(true);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is called so', async () => {
    target = join(folder, 'model.weights');
    await symlink('/dev/full', `${target}.part`);
    const error = await failure(download({ expectedBytes: BODY.length }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('no space is left');
    expect(error.message).toContain(`${BODY.length} bytes more`);
  });

  test('a folder that cannot be made is the disk’s fault, not the network’s', async () => {
    await writeFile(join(folder, 'models'), '');
    const error = await failure(download());
    expect(error.message).toContain(`cannot write ${target}`);
  });
});

describe('pulling by name', () => {
  let home: string | undefined;

  beforeEach(() => {
    home = process.env['TILEBED_HOME'];
    process.env['TILEBED_HOME'] = folder;
  });

  afterEach(() => {
    if (home === undefined) delete process.env['TILEBED_HOME'];
    else process.env['TILEBED_HOME'] = home;
  });

  test('a model is fetched once, and again only when forced or damaged', async () => {
    const path = join(folder, 'models/mine.weights');
    const pulled = { path, bytes: BODY.length, sha256: BODY_SHA256 };
    expect(await pullModel('mine', { url })).toEqual({ ...pulled, downloaded: true });
    expect(await pullModel('mine', { url })).toEqual({ ...pulled, downloaded: false });
    expect(requests).toHaveLength(1);
    expect(await pullModel('mine', { url, force: true })).toEqual({ ...pulled, downloaded: true });
    await writeFile(path, 'damaged');
    expect(await pullModel('mine', { url })).toEqual({ ...pulled, downloaded: true });
    expect((await readFile(path)).equals(BODY)).toBe(true);
  });

  test('a file that the user put there is used, and its hash remembered', async () => {
    const path = join(folder, 'models/model.weights');
    await download();
    await rm(`${path}.sha256`);
    const pulled = await pullModel('model', { url });
    expect(pulled.downloaded).toBe(false);
    expect(await readFile(`${path}.sha256`, 'utf8')).toContain(BODY_SHA256);
  });

  test('a file with another hash than the given one is replaced', async () => {
    await pullModel('mine', { url });
    manners.body = randomBytes(1000);
    const wanted = sha256(manners.body);
    const pulled = await pullModel('mine', { url, sha256: wanted });
    expect(pulled).toMatchObject({ sha256: wanted, bytes: 1000, downloaded: true });
  });

  test('a name that the catalogue lacks wants an address; one that is no name is refused', async () => {
    const unknown = await failure(pullModel('nothing'));
    expect(unknown.code).toBe('INPUT');
    expect(unknown.hint).toContain('yolov2-tiny');
    expect((await failure(pullModel('../x', { url }))).code).toBe('INPUT');
  });
});
