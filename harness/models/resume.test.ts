/** A download after a cut connection: it goes on where it stopped, wherever that is safe. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BODY, CUT_AFTER, ModelServer } from './server-fixture.ts';

let server: ModelServer;
beforeEach(async () => {
  server = await ModelServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

test('the part is kept, and the next call asks only for the rest', async () => {
  const error = await server.interrupt();
  expect(error.code).toBe('FAILED');
  expect(error.hint).toContain('goes on where it stopped');
  expect(existsSync(server.target)).toBe(false);
  const kept = await server.partBytes();
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(CUT_AFTER);

  const seen: number[] = [];
  await server.download({ onProgress: ({ receivedBytes }) => seen.push(receivedBytes) });
  expect(server.requests).toEqual([
    { range: undefined, ifRange: undefined },
    { range: `bytes=${kept}-`, ifRange: '"one"' },
  ]);
  expect(seen[0]).toBe(kept);
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
});

test('a server without ranges sends everything again', async () => {
  await server.interrupt();
  server.manners.ranges = false;
  await server.download();
  expect(server.requests).toHaveLength(2);
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
});

test('a changed file is taken from its start', async () => {
  await server.interrupt();
  server.manners.body = randomBytes(BODY.length);
  server.manners.etag = '"two"';
  await server.download();
  expect((await readFile(server.target)).equals(server.manners.body)).toBe(true);
});

test('a server that ignores If-Range and goes on with another file is asked for all of it', async () => {
  await server.interrupt();
  server.manners.body = randomBytes(BODY.length);
  server.manners.etag = '"two"';
  const [listener] = server.http.listeners('request') as [RequestListener];
  server.http.removeAllListeners('request');
  server.http.on('request', (request, response) => {
    delete request.headers['if-range'];
    listener(request, response);
  });
  await server.download();
  expect(server.requests.map(({ range }) => range === undefined)).toEqual([true, false, true]);
  expect((await readFile(server.target)).equals(server.manners.body)).toBe(true);
});

test('a server that has no such range any more is asked for all', async () => {
  await server.interrupt();
  server.manners.status = 416;
  server.http.once('request', () => {
    server.manners.status = undefined;
  });
  await server.download();
  expect(server.requests).toHaveLength(3);
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
});

test('without a validator nothing is resumed', async () => {
  server.manners.etag = undefined;
  const error = await server.interrupt();
  expect(error.hint).toBe('run it again');
  await server.download();
  expect(server.requests[1]).toEqual({ range: undefined, ifRange: undefined });
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
});

test('another address does not go on with this one’s part', async () => {
  await server.interrupt();
  await server.download({ url: `${server.url}?mirror` });
  expect(server.requests[1]?.range).toBeUndefined();
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
});

test('a part that is complete is only checked', async () => {
  await server.interrupt();
  await writeFile(`${server.target}.part`, BODY);
  await server.download({ expectedBytes: BODY.length });
  expect(server.requests).toHaveLength(1);
  expect((await readFile(server.target)).equals(BODY)).toBe(true);
});
