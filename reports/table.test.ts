import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { summarize } from './summary.ts';
import { plainTable, terminalSummary } from './table.ts';

test('columns are as wide as their widest cell, numbers to the right', () => {
  const text = plainTable(
    ['node', 'MiB'],
    [
      ['gateway', '402'],
      ['é', '22.1'],
    ],
    { align: ['left', 'right'] },
  );
  expect(text).toBe(
    ['node      MiB', '-------  ----', 'gateway   402', 'é        22.1'].join('\n'),
  );
});

test('a cell cannot send anything to the terminal but its text', () => {
  const text = plainTable(['name'], [['a\u001B[2Jb\r\nc'], []]);
  expect(text.split('\n')).toEqual(['name', '--------', 'a�[2Jb c', '']);
});

test('the summary has a row a point and explains what is special about it', () => {
  const lines = terminalSummary(summarize(fixtureResults())).split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^edges {2}grid {2}fused {2}strategy +runs +makespan median \[95 %\]/);
  expect(lines[2]).toMatch(/^ {4}1 {2}5x5 +16 {2}deepthings \+ reuse {2}2 ok, 1 failed/);
  expect(lines[3]).toMatch(/2 ok, 1 degraded +\d+ ms \[\d+, \d+\] +1\.\d+ +\d+ ms +12\d +22\.1$/);
  expect(lines.slice(4).join(' ')).toMatch(/Degraded runs are part .* Failed runs are not part/);
});

test('one repetition has no interval, and no figures show as such', () => {
  const results = fixtureResults();
  const [first, , failed] = results.trials;
  const alone = terminalSummary(summarize({ ...results, trials: [first!] }));
  expect(alone).not.toMatch(/ms \[/);
  expect(alone).toMatch(/1 ok +\d+ ms +0\.9/);
  expect(alone).toContain('One repetition has no interval');
  const none = terminalSummary(summarize({ ...results, trials: [failed!] }));
  expect(none.split('\n')[2]).toMatch(/1 failed +- +- +- +- +-$/);
});
