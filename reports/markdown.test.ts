import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { hostileResults } from './fixture-hostile.ts';
import { loadResults } from './fixture-load.ts';
import { renderMarkdown } from './markdown.ts';

const BAR = /(?<!\\)\|/g;

/** Counts of cells, a list a table. */
function tables(text: string): number[][] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('| '))
    .map((block) => block.split('\n').map((line) => line.match(BAR)!.length - 1));
}

test('tables of nodes, points, figures of nodes, and trials', () => {
  const text = renderMarkdown(fixtureResults());
  expect(tables(text).map((rows) => rows.length - 2)).toEqual([3, 2, 2, 7, 1, 6]);
  expect(text).toMatch(/^# stealing-on-a-laptop on laptop\n\n/);
  expect(text).toMatch(/\| 2 edges \| 2 ok, 1 degraded \| \d+ ms \\\[\d+, \d+\\\] \| 1\.\d+ \\\[/);
  expect(text).toContain('| 3 | 2 | 1 edge | 2 | failed |  | edge0 exited with status 137');
  expect(text).toContain('detections mean nothing');
});

test('hostile names stay within their cell, as text', () => {
  const text = renderMarkdown(hostileResults());
  for (const rows of tables(text)) expect(new Set(rows).size).toBe(1);
  expect(tables(text).map((rows) => rows.length - 2)).toEqual([3, 2, 2, 7, 1, 6]);
  // Without what is escaped, and the bold terms of lists, nothing of HTML or Markdown is left.
  const bare = text.replace(/\\[!-~]/g, '').replace(/^- \*\*[\w, ]+\*\*/gm, '');
  expect(bare.match(/[<>`*[\]\\~]/)).toBeNull();
});

test('columns of speedups, load and queues stand where any point has them', () => {
  const text = renderMarkdown(loadResults());
  const heads = text.split('\n').filter((line) => line.startsWith('| point |'));
  expect(heads[0]).toContain(
    '| makespan | speedup over one edge | speedup over local | offered frames/s | frames/s | queue of arrivals | latency |',
  );
  expect(heads[1]).toMatch(/\| queue of arrivals \|$/);
  for (const rows of tables(text)) expect(new Set(rows).size).toBe(1);
  expect(renderMarkdown(fixtureResults())).not.toMatch(/offered|queue of arrivals \|/);
});
