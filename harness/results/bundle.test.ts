/** What was exported is there again, and whatever was done to it since is told. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkBundle, exportBundle } from './bundle.ts';

const MANIFEST = {
  experiment: { name: 'demo' },
  testbed: { name: 'local' },
  startedAt: '2026-01-02T03:04:05.000Z',
  versions: { tilebed: '0.1.0' },
};
const MANIFEST_BYTES = JSON.stringify(MANIFEST).length;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-bundle-test-'));
  await mkdir(join(folder, 'results/traces'), { recursive: true });
  await writeFile(join(folder, 'results/manifest.json'), JSON.stringify(MANIFEST));
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
    ['CITATION.cff', expect.any(Number)],
    ['manifest.json', MANIFEST_BYTES],
    ['traces/a.json', 3],
  ]);
});

test('a bundle says how it is cited, and keeps what somebody has written', async () => {
  const citation = join(folder, 'results/CITATION.cff');
  await exportBundle(join(folder, 'results'), join(folder, 'a'), ['Ada Lovelace']);
  expect(parse(await readFile(citation, 'utf8'))).toMatchObject({
    'cff-version': '1.2.0',
    type: 'dataset',
    title: 'Results of the tilebed experiment demo on local',
    authors: [{ name: 'Ada Lovelace' }],
    'date-released': '2026-01-02',
  });
  await writeFile(citation, 'my own');
  await exported();
  expect(await readFile(citation, 'utf8')).toBe('my own');
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
