import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeScratch, ownedName } from './scratch.ts';

const before = process.env['TMPDIR'];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-test-'));
  process.env['TMPDIR'] = folder;
});

afterEach(async () => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await rm(folder, { recursive: true });
});

async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}

test('a scratch folder is gone with its scope', async () => {
  {
    await using scratch = await makeScratch('image');
    await writeFile(join(scratch.folder, 'image.tar'), '');
    expect(await readdir(folder)).toHaveLength(1);
  }
  expect(await readdir(folder)).toEqual([]);
});

test('what the dead have left is removed, and nothing else', async () => {
  const dead = await deadProcess();
  await mkdir(join(folder, `${await ownedName('image', dead)}-a/b`), { recursive: true });
  const others = [
    `${await ownedName('image', process.pid)}-a`,
    // Of a container whose processes have numbers of their own.
    `tilebed-scratch-image-1-${dead}-a`,
    `tilebed-image-${dead}-a`,
  ];
  for (const name of others) await mkdir(join(folder, name));
  await (await makeScratch('image'))[Symbol.asyncDispose]();
  expect((await readdir(folder)).toSorted()).toEqual(others.toSorted());
});
