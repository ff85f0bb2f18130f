import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileHashes } from './file-hashes.ts';

let folder: string;
const before = process.env['XDG_CACHE_HOME'];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-hashes-'));
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
});
afterEach(async () => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  await rm(folder, { recursive: true });
});

async function hashOf(path: string): Promise<string | undefined> {
  return (await fileHashes([path])).get(path);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test('a file that has changed has another hash, even with its size and time kept', async () => {
  const path = join(folder, 'file');
  const time = new Date('2020-01-01');
  for (const text of ['one', 'two']) {
    await writeFile(path, text);
    await utimes(path, time, time);
    expect(await hashOf(path)).toBe(sha256(text));
    expect(await hashOf(path)).toBe(sha256(text));
  }
});

test('a broken cache is done without', async () => {
  const path = join(folder, 'file');
  await writeFile(path, 'one');
  await hashOf(path);
  await writeFile(join(folder, 'cache/tilebed/file-hashes.json'), '{');
  expect(await hashOf(path)).toBe(sha256('one'));
});
