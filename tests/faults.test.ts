/**
 * Broken files, each beside what `tilebed validate` must say of it: tests/golden/faults/NAME.yaml and
 * NAME.txt. After a deliberate change of a message, `npx vitest run tests/faults.test.ts -u` writes
 * the texts anew.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatFault, type SpecFault } from '../harness/spec/faults.ts';
import { type CliResult, ROOT, tilebed } from './support/cli.ts';

const FOLDER = join(ROOT, 'tests/golden/faults');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

interface FileReport {
  readonly file: string;
  readonly ok: boolean;
  readonly faults: readonly SpecFault[];
}

describe('tilebed validate', () => {
  let answer: CliResult;
  let reports: readonly FileReport[];

  beforeAll(async () => {
    answer = await tilebed(['validate', ...FILES, '--format', 'json'], { cwd: FOLDER });
    reports = JSON.parse(answer.stdout);
  });

  test('tells the faults of one file after the other, and answers in JSON', () => {
    expect(answer.exitCode).toBe(2);
    expect(reports.map(({ file, ok }) => [file, ok])).toEqual(FILES.map((file) => [file, false]));
    expect(answer.stderr).toBe(reports.map(textOf).join('\n'));
  });

  test.each(FILES)('%s', async (name) => {
    const text = textOf(reports.find(({ file }) => file === name)!);
    // The first fault begins with its place.
    expect(text).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')}:\\d+:\\d+: `));
    await expect(`${text}\n`).toMatchFileSnapshot(join(FOLDER, `${basename(name, '.yaml')}.txt`));
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

  test('one file: its faults, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await tilebed(['validate', 'bad-size.yaml'], {
      cwd: FOLDER,
    });
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^bad-size.yaml:6:53: .*\n?$/);
  });

  test('a file that is not there is wrong input', async () => {
    const { exitCode, stderr } = await tilebed(['validate', 'nowhere.yaml']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('cannot read');
    expect(stderr).toContain('nowhere.yaml');
  });
});

function textOf({ faults }: FileReport): string {
  return faults.map(formatFault).join('\n');
}
