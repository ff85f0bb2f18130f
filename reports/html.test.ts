import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputPath } from '../harness/results/layout.ts';
import { fixtureResults, writeFixture } from './fixture.ts';
import { HOSTILE, hostileResults } from './fixture-hostile.ts';
import { loadResults } from './fixture-load.ts';
import { renderHtml } from './html.ts';
import { escapeText } from './markup.ts';
import type { Results } from './read.ts';

let folder: string;
let results: Results;
let page: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-html-'));
  results = await writeFixture(folder);
  page = await renderHtml(results);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Names of the elements that the page opens and closes, as a strict reader sees them. */
function unclosed(text: string): string[] {
  const VOID = new Set(['meta', 'link', 'img', 'br']);
  const open: string[] = [];
  const body = text.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '').replace('<!doctype html>', '');
  for (const [, slash, name, attributes] of body.matchAll(
    /<(\/?)([a-z]\w*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi,
  )) {
    if (VOID.has(name!) || attributes === undefined) continue;
    if (slash === '/') expect(open.pop()).toBe(name);
    else if (!body.includes(`<${name}${attributes}/>`)) open.push(name!);
  }
  return open;
}

test('sections come in their order under one title', () => {
  expect(page.match(/<h1/g)).toHaveLength(1);
  const titles = [...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, title]) => title);
  expect(titles).toEqual([
    'What was run, and on what',
    'Summary',
    'Points compared',
    'Each point, node by node',
    'Annotated frames',
    'What happened to nodes',
    'Through the run',
    'Every trial',
    'Warnings',
    'How it was measured',
  ]);
  expect(unclosed(page)).toEqual([]);
});

test('nothing is loaded from anywhere', () => {
  const loads = [...page.matchAll(/\b(?:src|href|srcset|data|action)="([^"]*)"/g)].map(
    ([, to]) => to!,
  );
  expect(loads.filter((to) => !/^(#|data:)/.test(to))).toEqual([]);
  expect(page.match(/@import|url\(|https?:/)).toBeNull();
  expect(page).toContain('default-src &#39;none&#39;');
});

test('every line that a figure names is in the table of trials', () => {
  const targets = new Set([...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id));
  const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
  expect(links).toEqual(expect.arrayContaining(['line-1', 'line-3', 'line-6']));
  for (const link of links) expect(targets).toContain(link);
  expect(page).toContain('edge0 exited with status 137');
  expect(page).toContain('lost edge1: sent no heartbeat for 2000 ms');
});

test('pictures have an alternative text, headers of tables a scope, drawings a label', () => {
  expect(page.match(/<img /g)).toHaveLength(3);
  expect(page).toContain('alt="Frame 0 of edge0, annotated: car 81 %"');
  for (const [header] of page.matchAll(/<th\b[^>]*>/g)) expect(header).toMatch(/scope="(col|row)"/);
  for (const [drawing] of page.matchAll(/<svg\b[^>]*>/g)) {
    expect(drawing).toMatch(/role="img" aria-label="[^"]+"/);
  }
});

test('hostile text never becomes markup, wherever it stands', async () => {
  const hostile = await renderHtml(hostileResults());
  expect(unclosed(hostile)).toEqual([]);
  expect(hostile.match(/<script/g)).toHaveLength(1);
  expect(hostile.match(/<img|\son\w+="/)).toBeNull();
  const times = hostile.split(escapeText(HOSTILE)).length - 1;
  expect(times).toBeGreaterThan(100);
  expect(hostile.split('example.invalid').length - 1).toBe(times);
});

test('one point needs no select box; a point whose runs all failed says so', async () => {
  const [first, , failed] = results.trials;
  expect(page).toContain('<select');
  const once = await renderHtml({ ...results, trials: [first!] });
  expect(once).not.toContain('<select');
  expect(once).toContain('one repetition: no interval');
  const never = await renderHtml({ ...results, trials: [failed!], traces: [] });
  expect(never).toContain('No run of this point came to an end');
});

test('a page stays small: pictures beyond that are counted', async () => {
  const large = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(2_500_000, 7)]);
  for (const frame of [0, 1, 2]) {
    for (const trial of results.trials) {
      if (trial.status === 'failed') continue;
      await writeFile(outputPath(folder, trial, { source: 'edge0', frame }), large);
    }
  }
  const text = await renderHtml(results);
  expect(text.length).toBeLessThan(8_000_000);
  expect(text.match(/<img /g)).toHaveLength(2);
  expect(text).toContain('1 more would not fit into this page');
});

test('a large matrix makes a page of bearable size', async () => {
  const fixture = fixtureResults();
  const donor = fixture.trials[1]!;
  const trace = fixture.traces[1]!;
  const trials = Array.from({ length: 60 }, (_, point) => ({
    ...donor,
    trial: `point${point}`,
    parameters: { ...donor.parameters, edges: point },
  }));
  const spans = Array.from({ length: 10 }, () => trace.spans).flat();
  const traces = trials.map(({ trial }) => ({
    ...trace,
    trial,
    repetition: donor.repetition,
    spans,
  }));
  const text = await renderHtml({ ...fixture, trials, traces });
  expect(text.length).toBeLessThan(8_000_000);
  expect(text).toMatch(/\d+ bars of at most/);
});

test('speedups stand over both baselines, and a load that is too much is warned of', async () => {
  const text = await renderHtml(loadResults(folder));
  expect(unclosed(text)).toEqual([]);
  expect(text).toMatch(
    /Highest speedup over local<\/h3><p class="figure">1\.50 <small>times<\/small><\/p><p>2 edges, deepthings; 1\.87 over/,
  );
  expect(text).toContain('Frames came faster than they were taken at 1 of 5 points');
  expect(text.match(/aria-label="Frames that waited"/g)).toHaveLength(2);
  for (const column of ['Speedup over one edge', 'Speedup over local', 'Offered', 'Queue']) {
    expect(text).toMatch(new RegExp(`<th scope="col" class="\\w+">${column} <small>`));
  }
  expect(page).not.toMatch(/>(Offered|Queue|Speedup over local) </);
});
