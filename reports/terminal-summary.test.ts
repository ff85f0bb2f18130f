import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { loadResults } from './fixture-load.ts';
import { summarize } from './summary.ts';
import { terminalSummary } from './terminal-summary.ts';

test('the summary has a row a point and explains what is special about it', () => {
  const lines = terminalSummary(summarize(fixtureResults())).split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^edges {2}grid {2}fused {2}strategy +runs +makespan median \[95 %\]/);
  expect(lines[2]).toMatch(/^ {4}1 {2}5x5 +16 {2}deepthings \+ reuse {2}2 ok, 1 failed/);
  expect(lines[3]).toMatch(
    /2 ok, 1 degraded +\d+ ms \[\d+, \d+\] +1\.64 +1\.\d+ +\d+ ms +12\d +22\.1$/,
  );
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

test('columns that some points have, or that vary, stand where they do', () => {
  const { points } = summarize(loadResults());
  const [head, , ...rows] = terminalSummary({ experiment: 'some', points }).split('\n');
  expect(head!.trim().split(/ {2,}/)).toEqual([
    'edges',
    'grid',
    'fused',
    'strategy',
    'order',
    'sources',
    'rate',
    'runs',
    'makespan median [95 %]',
    'x one edge',
    'x local',
    'offered/s',
    'frames/s',
    'queue',
    'latency',
    'edge peak MiB',
    'engine MiB',
  ]);
  expect(rows[2]).toMatch(/ 1\.87 +1\.50 +- +10 +- /);
  expect(rows[4]).toMatch(/ 16 +5\.48 +grows, \+5\.\d+\/s, largest \d+ /);
  const alike = terminalSummary({ experiment: 'some', points: points.slice(1, 3) });
  expect(alike).not.toMatch(/order|sources|rate |queue|offered/);
});
