import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { linkRows } from './links.ts';
import { renderMarkdown } from './markdown.ts';

const results = fixtureResults();
const measured = { roundTripMs: 6.42, sendBitsPerSecond: 38.2e6, receiveBitsPerSecond: 38.4e6 };
const way = { asked: {}, measured, expected: { roundTripMs: 6, rateBitsPerSecond: 40e6 } };
const shaped = {
  ...results,
  manifest: {
    ...results.manifest,
    links: {
      edge0: { ...way, to: 'gateway' },
      'edge0-edge1': { ...way, to: 'edge1', changed: true as const, expected: { roundTripMs: 46 } },
    },
    relay: { nodes: { edge0: { delayMs: 3 } }, pairs: [] },
  },
};

test('a way has what was asked of it beside what it was, and who kept it', () => {
  expect(linkRows(shaped)).toEqual([
    [
      'edge0 to gateway',
      '6.0 ms',
      '6.4 ms',
      '40 Mbit/s',
      '38.2 Mbit/s',
      '38.4 Mbit/s',
      'the file',
      'kernel and relay',
    ],
    [
      'edge0-edge1',
      '46.0 ms',
      '6.4 ms',
      'no limit',
      '38.2 Mbit/s',
      '38.4 Mbit/s',
      'shape set',
      'kernel and relay',
    ],
  ]);
});

test('both reports tell of links, and say nothing of them where none was shaped', async () => {
  expect(renderMarkdown(shaped)).toContain('| edge0 to gateway | 6.0 ms | 6.4 ms |');
  expect(await renderHtml(shaped)).toContain('Links: what was asked, and what they were');
  expect(renderMarkdown(results)).not.toContain('Round trip');
  expect(await renderHtml(results)).not.toContain('Links: what');
});
