import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { list } from 'tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeRoot } from './archive.ts';
import { NODE_USER, type RootFile } from './root-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the same files give the same bytes, whenever and in whatever order they are placed', async () => {
  const from = join(folder, 'tool');
  await writeFile(from, 'x', { mode: 0o700 });
  const files: readonly RootFile[] = [
    { kind: 'copy', path: '/bin/tool', from },
    { kind: 'link', path: '/bin/other', to: '/bin/tool' },
    { kind: 'text', path: '/etc/passwd', text: 'root' },
    { kind: 'folder', path: '/var/own', mode: 0o755, owned: true },
  ];
  const [one, two] = [join(folder, 'one.tar'), join(folder, 'two.tar')];
  await writeRoot(files, one);
  const entries: Record<string, unknown> = {};
  await list({
    file: one,
    onReadEntry: ({ path, mode, uid }) => {
      entries[path] = { mode: mode!.toString(8), uid };
    },
  });
  expect(entries).toMatchObject({
    './': { mode: '755', uid: 0 },
    './bin/tool': { mode: '755', uid: 0 },
    './etc/passwd': { mode: '644', uid: 0 },
    './var/own/': { mode: '755', uid: NODE_USER },
  });
  await utimes(from, 1, 1);
  // Archives tell times in seconds.
  await delay(1100);
  await writeRoot(files.toReversed(), two);
  expect((await readFile(one)).equals(await readFile(two))).toBe(true);
});
