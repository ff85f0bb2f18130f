/** Whom Ctrl-C in a terminal reaches, by a Vagrant that tells its own process group. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownVagrant } from './settings.ts';
import { runVagrant } from './vagrant-command.ts';

const before = process.env['PATH'];
let stateFolder: string;

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'tilebed-vagrant-'));
  await mkdir(ownVagrant({ stateFolder }).folder);
  await mkdir(join(stateFolder, 'bin'));
  process.env['PATH'] = `${join(stateFolder, 'bin')}:${before}`;
});

afterEach(async () => {
  process.env['PATH'] = before;
  await rm(stateFolder, { recursive: true });
});

async function asVagrant(script: string): Promise<void> {
  const file = join(stateFolder, 'bin/vagrant');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

/** Its own number, and its group's. */
const TELL = `read -r pid name state parent group rest < /proc/$$/stat; echo "1,,group,$$,$group"`;

async function groupOf(signal?: AbortSignal) {
  await asVagrant(TELL);
  const options = signal === undefined ? {} : { signal };
  const [line] = await runVagrant({ stateFolder }, ['destroy', '--force'], options);
  const [id, group] = line!.data;
  return { id, group };
}

test('what cleans up is in a group of its own', async () => {
  const { id, group } = await groupOf();
  expect(group).toBe(id);
});

test('what can be interrupted is in the terminal’s', async () => {
  const { id, group } = await groupOf(new AbortController().signal);
  expect(group).not.toBe(id);
});

test('what Ctrl-C has hit before it began is begun again', async () => {
  const hit = join(stateFolder, 'hit');
  await asVagrant(`if [ ! -e ${hit} ]; then : > ${hit}; kill -INT $$; fi\necho '1,,done,'`);
  const lines = await runVagrant({ stateFolder }, ['destroy', '--force']);
  expect(lines.map(({ type }) => type)).toEqual(['done']);
});
