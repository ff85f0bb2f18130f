import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderCsv } from './csv.ts';
import { fixtureResults } from './fixture.ts';
import { loadResults } from './fixture-load.ts';
import type { Results } from './read.ts';

/** RFC 4180, read strictly: anything that it does not allow throws. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [row, at] = [[] as string[], 0];
  while (at < text.length) {
    const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    field.lastIndex = at;
    const match = field.exec(text);
    if (match === null) throw new Error(`no field at ${at}: ${text.slice(at, at + 30)}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
    at = field.lastIndex;
  }
  return rows;
}

function records(results: Results): Record<string, string>[] {
  const [head, ...rows] = parseCsv(renderCsv(results));
  return rows.map((row) => {
    expect(row).toHaveLength(head!.length);
    return Object.fromEntries(row.map((cell, index) => [head![index]!, cell]));
  });
}

test('a row a trial and node; a trial without nodes has one', () => {
  const results = fixtureResults();
  const rows = records(results);
  expect(rows.map(({ line, node }) => `${line} ${node}`)).toEqual([
    '1 gateway',
    '1 host',
    '1 edge0',
    '2 gateway',
    '2 host',
    '2 edge0',
    '2 edge1',
    '3 ',
    '4 gateway',
    '4 host',
    '4 edge0',
    '4 edge1',
    '5 gateway',
    '5 host',
    '5 edge0',
    '6 gateway',
    '6 host',
    '6 edge0',
  ]);
  const { makespanMs, nodes } = results.trials[1]!;
  expect(rows[6]).toMatchObject({
    edges: '2',
    grid: '5x5',
    reuse: 'true',
    status: 'ok',
    makespanMs: String(makespanMs),
    role: 'edge',
    tilesStolen: String(nodes['edge1']!.tilesStolen),
    error: '',
  });
  expect(rows[7]).toMatchObject({ status: 'failed', makespanMs: '', latencyMedianMs: '' });
});

test('any text comes back as it was', () => {
  const results = fixtureResults();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (error, name) => {
      const [trial] = results.trials;
      const nodes = { [`n${name}`]: trial!.nodes['edge0']! };
      const [row] = records({ ...results, trials: [{ ...trial!, error, nodes }] });
      expect([row!['error'], row!['node']]).toEqual([error, `n${name}`]);
    }),
  );
});

test('queues are those of the sources whose frames came at a rate', () => {
  const results = loadResults();
  const rows = records(results);
  for (const { rate, node, queueGrowth, queueLargest, line } of rows) {
    const { queue } = results.trials[Number(line) - 1]!.nodes[node!]!;
    expect(queueGrowth).toBe(queue?.growth ?? '');
    expect(queueLargest).toBe(String(queue?.largest ?? ''));
    if (rate === '') expect(queue).toBeUndefined();
  }
  const growths = new Set(rows.map(({ queueGrowth }) => queueGrowth));
  expect(growths).toContain('grows');
  expect(growths).toContain('stable');
  expect(rows.at(-1)).toMatchObject({ sources: '2', rate: 'poisson 8fps' });
});
