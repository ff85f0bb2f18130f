/** What was exported is there again, and whatever was done to it since is told. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkBundle, exportBundle } from './bundle.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-bundle-test-'));
  await mkdir(join(folder, 'results/traces'), { recursive: true });
  await writeFile(join(folder, 'results/manifest.json'), '{}');
  await writeFile(join(folder, 'results/-trials.jsonl'), 'one\n');
  await writeFile(join(folder, 'results/traces/a.json'), 'two');
  await symlink('/etc/passwd', join(folder, 'results/link'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function exported(): Promise<string> {
  const file = join(folder, 'bundle.tar.gz');
  await exportBundle(join(folder, 'results'), file);
  return file;
}

test('a bundle has every file, whatever its name, and follows no links', async () => {
  const { bundle, faults } = await checkBundle(await exported());
  expect(faults).toEqual([]);
  expect(bundle.files.map(({ path, bytes }) => [path, bytes])).toEqual([
    ['-trials.jsonl', 4],
    ['manifest.json', 2],
    ['traces/a.json', 3],
  ]);
});

test('what was changed, removed or added is named', async () => {
  const unpacked = join(folder, 'unpacked');
  await mkdir(unpacked);
  await execa('tar', ['-xzf', await exported(), '-C', unpacked]);
  expect((await checkBundle(unpacked)).faults).toEqual([]);
  await writeFile(join(unpacked, '-trials.jsonl'), 'faster\n');
  await rm(join(unpacked, 'traces/a.json'));
  await writeFile(join(unpacked, 'more'), '');
  expect((await checkBundle(unpacked)).faults).toEqual([
    '-trials.jsonl was changed',
    'traces/a.json is missing',
    'more was added',
  ]);
});

test('what is no results folder, and no bundle, is wrong input', async () => {
  await expect(exportBundle(join(folder, 'nothing'), join(folder, 'x'))).rejects.toThrow(
    'is no results folder',
  );
  await expect(checkBundle(join(folder, 'results'))).rejects.toThrow('is no bundle');
  await expect(checkBundle(join(folder, 'nothing'))).rejects.toThrow('there is no');
});
