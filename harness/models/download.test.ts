import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TilebedError } from '../../runtime/errors.ts';
import type { DownloadProgress } from './download.ts';
import { BODY, BODY_SHA256, CUT_AFTER, failure, ModelServer, sha256 } from './server-fixture.ts';

let server: ModelServer;
beforeEach(async () => {
  server = await ModelServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

test('a file arrives whole, with its progress, and leaves nothing else but its hash', async () => {
  const seen: DownloadProgress[] = [];
  const done = await server.download({ onProgress: (progress) => seen.push(progress) });
  expect(done).toEqual({ bytes: BODY.length, sha256: BODY_SHA256 });
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
  expect(await readFile(`${server.target}.sha256`, 'utf8')).toBe(`${BODY_SHA256}  model.weights\n`);
  expect(existsSync(`${server.target}.part`)).toBe(false);
  expect(existsSync(`${server.target}.part.json`)).toBe(false);
  expect(seen[0]).toEqual({ receivedBytes: 0, totalBytes: BODY.length });
  expect(seen.at(-1)).toEqual({ receivedBytes: BODY.length, totalBytes: BODY.length });
});

describe('what is not the wanted file', () => {
  test('a wrong hash is refused with both hashes, and the part goes', async () => {
    const wanted = 'ab'.repeat(32);
    const error = await failure(server.download({ sha256: wanted }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain(wanted);
    expect(error.message).toContain(BODY_SHA256);
    expect(existsSync(server.target)).toBe(false);
    expect(existsSync(`${server.target}.part`)).toBe(false);
    expect(existsSync(`${server.target}.sha256`)).toBe(false);
  });

  test('a hash may be given in capitals', async () => {
    expect((await server.download({ sha256: BODY_SHA256.toUpperCase() })).sha256).toBe(BODY_SHA256);
  });

  test('the hash of the first download must come again, unless another is given', async () => {
    await server.download();
    server.manners.body = randomBytes(BODY.length);
    const error = await failure(server.download());
    expect(error.message).toContain(BODY_SHA256);
    expect(error.hint).toContain(`${server.target}.sha256`);
    expect((await readFile(server.target)).equals(BODY)).toBe(true);

    await server.download({ sha256: sha256(server.manners.body) });
    expect((await readFile(server.target)).equals(server.manners.body)).toBe(true);
    expect(await readFile(`${server.target}.sha256`, 'utf8')).toContain(
      sha256(server.manners.body),
    );
  });

  test('a length that is not the expected one is refused before anything is written', async () => {
    const error = await failure(server.download({ expectedBytes: BODY.length + 1 }));
    expect(error.message).toContain(`${BODY.length} bytes`);
    expect(error.message).toContain(`${BODY.length + 1}`);
    expect(existsSync(`${server.target}.part`)).toBe(false);
  });

  test.each([-1, 1])('so is an answer without a length that is %i bytes off', async (off) => {
    server.manners.lengthless = true;
    const error = await failure(server.download({ expectedBytes: BODY.length - off }));
    expect(error.code).toBe('FAILED');
    expect(existsSync(server.target)).toBe(false);
  });

  test('an error of the server is told with its status', async () => {
    server.manners.status = 404;
    const error = await failure(server.download());
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('404');
    expect(existsSync(`${server.target}.part`)).toBe(false);
  });

  test.each(['no address', 'file:///etc/passwd'])(
    '%s is no address to download from',
    async (text) => {
      expect((await failure(server.download({ url: text }))).code).toBe('INPUT');
    },
  );

  test('a hash of the wrong length is the user’s fault', async () => {
    expect((await failure(server.download({ sha256: 'abc' }))).code).toBe('INPUT');
  });
});

describe('what gets in the way', () => {
  test('a silent server is given up, and the part can be resumed', async () => {
    server.manners.breakAfter = { bytes: CUT_AFTER, how: 'silence' };
    const error = await failure(server.download({ patienceMs: 300 }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('sent nothing for 0.3 s');
    expect(await server.partBytes()).toBe(CUT_AFTER);
    server.manners.breakAfter = undefined;
    await server.download();
    expect(server.requests[1]?.range).toBe(`bytes=${CUT_AFTER}-`);
  });

  test('a slow server is borne with as long as something comes', async () => {
    server.manners.pauseMs = 60;
    await server.download({ patienceMs: 400 });
    expect((await readFile(server.target)).equals(BODY)).toBe(true);
  });

  test('a server that never answers is given up', async () => {
    server.http.removeAllListeners('request');
    const error = await failure(server.download({ patienceMs: 100 }));
    expect(error.message).toContain('sent nothing for 0.1 s');
  });

  test('nobody listening is told with the system’s words', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const error = await failure(server.download({ url: `http://127.0.0.1:${port}/` }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test.each([
    new TilebedError('INTERRUPTED', 'stopped'),
    new DOMException('stopped', 'AbortError'),
  ])('an abort ends with its reason, %s, and keeps the part', async (reason) => {
    const controller = new AbortController();
    server.manners.breakAfter = { bytes: CUT_AFTER, how: 'silence' };
    const work = server.download({
      signal: controller.signal,
      onProgress: ({ receivedBytes }) => {
        if (receivedBytes === CUT_AFTER) controller.abort(reason);
      },
    });
    await expect(work).rejects.toBe(reason);
    expect(await server.partBytes()).toBe(CUT_AFTER);
    server.manners.breakAfter = undefined;
    await server.download();
    expect((await readFile(server.target)).equals(BODY)).toBe(true);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is called so', async () => {
    server.target = join(server.folder, 'model.weights');
    await symlink('/dev/full', `${server.target}.part`);
    const error = await failure(server.download({ expectedBytes: BODY.length }));
    expect(error.code).toBe('FAILED');
    expect(error.message).toContain('no space is left');
    expect(error.message).toContain(`${BODY.length} bytes more`);
  });

  test('a folder that cannot be made is the disk’s fault, not the network’s', async () => {
    await writeFile(join(server.folder, 'models'), '');
    const error = await failure(server.download());
    expect(error.message).toContain(`cannot write ${server.target}`);
  });
});
