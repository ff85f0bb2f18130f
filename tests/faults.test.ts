/**
 * Broken files, each beside what `tilebed validate` must say of it: tests/golden/faults/NAME.yaml and
 * NAME.txt. After a deliberate change of a message, `npx vitest run tests/faults.test.ts -u` writes
 * the texts anew.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, tilebed } from './support/cli.ts';

const FOLDER = join(ROOT, 'tests/golden/faults');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe('tilebed validate', () => {
  test.each(FILES)('%s', async (name) => {
    const { exitCode, stdout, stderr } = await tilebed(['validate', name], { cwd: FOLDER });
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    // Every fault begins with its place.
    expect(stderr).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')}:\\d+:\\d+: `));
    await expect(`${stderr}\n`).toMatchFileSnapshot(join(FOLDER, `${basename(name, '.yaml')}.txt`));
  });

  test('takes what ships with tilebed', async () => {
    const files = [
      'testbeds/local.yaml',
      'testbeds/netns.yaml',
      'testbeds/mixed.yaml',
      'experiments/demo.yaml',
      'bench/experiments/local.yaml',
      'bench/experiments/six-edges.yaml',
    ];
    const { exitCode, stdout } = await tilebed(['validate', ...files]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toHaveLength(files.length);
  });

  test('tells every fault of every file, and answers in JSON', async () => {
    const { exitCode, stdout } = await tilebed(
      ['validate', 'address-of-network.yaml', 'bad-size.yaml', '--format', 'json'],
      { cwd: FOLDER },
    );
    expect(exitCode).toBe(2);
    const reports = JSON.parse(stdout) as { file: string; ok: boolean; faults: unknown[] }[];
    expect(reports.map(({ ok, faults }) => [ok, faults.length])).toEqual([
      [false, 3],
      [false, 1],
    ]);
  });

  test('a file that is not there is wrong input', async () => {
    const { exitCode, stderr } = await tilebed(['validate', 'nowhere.yaml']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('cannot read');
    expect(stderr).toContain('nowhere.yaml');
  });
});
