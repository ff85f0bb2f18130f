/** Models by name: what is fetched, and what is there already. */
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pullModel } from './pull.ts';
import { BODY, BODY_SHA256, failure, ModelServer, sha256 } from './server-fixture.ts';

let server: ModelServer;
beforeEach(async () => {
  server = await ModelServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

let home: string | undefined;

beforeEach(() => {
  home = process.env['TILEBED_HOME'];
  process.env['TILEBED_HOME'] = server.folder;
});

afterEach(() => {
  if (home === undefined) delete process.env['TILEBED_HOME'];
  else process.env['TILEBED_HOME'] = home;
});

test('a model is fetched once, and again only when forced or damaged', async () => {
  const path = join(server.folder, 'models/mine.weights');
  const pulled = { path, bytes: BODY.length, sha256: BODY_SHA256 };
  expect(await pullModel('mine', { url: server.url })).toEqual({ ...pulled, downloaded: true });
  expect(await pullModel('mine', { url: server.url })).toEqual({ ...pulled, downloaded: false });
  expect(server.requests).toHaveLength(1);
  expect(await pullModel('mine', { url: server.url, force: true })).toEqual({
    ...pulled,
    downloaded: true,
  });
  await writeFile(path, 'damaged');
  expect(await pullModel('mine', { url: server.url })).toEqual({ ...pulled, downloaded: true });
  expect((await readFile(path)).equals(BODY)).toBe(true);
});

test('a file that the user put there is used, and its hash remembered', async () => {
  const path = join(server.folder, 'models/model.weights');
  await server.download();
  await rm(`${path}.sha256`);
  const pulled = await pullModel('model', { url: server.url });
  expect(pulled.downloaded).toBe(false);
  expect(await readFile(`${path}.sha256`, 'utf8')).toContain(BODY_SHA256);
});

test('a file with another hash than the given one is replaced', async () => {
  await pullModel('mine', { url: server.url });
  server.manners.body = randomBytes(1000);
  const wanted = sha256(server.manners.body);
  const pulled = await pullModel('mine', { url: server.url, sha256: wanted });
  expect(pulled).toMatchObject({ sha256: wanted, bytes: 1000, downloaded: true });
});

test('a name that the catalogue lacks wants an address; one that is no name is refused', async () => {
  const unknown = await failure(pullModel('nothing'));
  expect(unknown.code).toBe('INPUT');
  expect(unknown.hint).toContain('yolov2-tiny');
  expect((await failure(pullModel('../x', { url: server.url }))).code).toBe('INPUT');
});
