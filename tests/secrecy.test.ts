/** The testbed's key while a trial runs: in one file that only its owner can read, and nowhere else. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, listening } from './support/processes.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

/** What every process of this machine shows to whoever may look: command lines and environments. */
async function shownByProcesses(): Promise<string> {
  const ids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const read = (path: string) => readFile(path, 'latin1').catch(() => '');
  const texts = ids.flatMap((id) => [read(`/proc/${id}/cmdline`), read(`/proc/${id}/environ`)]);
  return (await Promise.all(texts)).join('\n');
}

async function filesWith(text: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const holds = await Promise.all(
    paths.map(async (path) => (await readFile(path, 'latin1').catch(() => '')).includes(text)),
  );
  return paths.filter((_, index) => holds[index]);
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test('the key is in no command line, environment, log or result', async () => {
  await using workspace = await Workspace.make();
  await workspace.writeTestbed(gatewayAndEdges(2, '10.137.0'));
  await workspace.writeExperiment(`frames: { count: 40, rate: 10fps }
matrix: { grid: [2x2], fusedLayers: [6] }
`);
  const child = workspace.startRun('--verbose');
  await eventually('the sockets', async () => (await listening('127.137.0.')).length === 3, 60_000);
  const keyFile = join(workspace.state, 'key');
  const key = (await readFile(keyFile, 'utf8')).trim();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  // So the search works: what a process does show is found.
  const shown = await shownByProcesses();
  expect(shown).toContain(workspace.experiment);
  expect(shown).not.toContain(key);
  expect(await modeOf(keyFile)).toBe('600');
  expect(await modeOf(workspace.state)).toBe('700');
  expect(await filesWith(key, workspace.folder)).toEqual([keyFile]);
  const { exitCode, stdout, stderr } = await child;
  expect(exitCode).toBe(0);
  expect(stdout + stderr).not.toContain(key);
  expect(await filesWith('starting as gateway', workspace.results)).not.toEqual([]);
  expect(await filesWith(key, workspace.folder)).toEqual([]);
});
