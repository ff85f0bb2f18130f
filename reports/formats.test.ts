import sharp from 'sharp';
import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { HOSTILE, hostileResults } from './fixture-hostile.ts';
import { REPORT_FORMATS, renderReport } from './formats.ts';

const results = fixtureResults();
const nothing = { ...results, trials: [], traces: [] };

test.each(REPORT_FORMATS)(
  '%s is the same for the same results, and ends its last line',
  async (format) => {
    const text = await renderReport(results, format);
    expect(text).toBe(await renderReport(fixtureResults(), format));
    expect(text.endsWith('\n')).toBe(true);
  },
);

test.each(REPORT_FORMATS)('%s can be made of results without a single trial', async (format) => {
  expect((await renderReport(nothing, format)).length).toBeGreaterThan(10);
});

test('JSON holds the summary beside the manifest', async () => {
  const { manifest, summary } = JSON.parse(await renderReport(results, 'json'));
  expect(manifest).toEqual(results.manifest);
  expect(summary.points).toHaveLength(2);
  expect(summary.points[1]).toMatchObject({ ok: 2, degraded: 1, parameters: { edges: 2 } });
});

test('hostile names are data in JSON and in a trace', async () => {
  const hostile = hostileResults();
  const { manifest } = JSON.parse(await renderReport(hostile, 'json'));
  expect(manifest.testbed.name).toBe(`laptop${HOSTILE}`);
  const { traceEvents } = JSON.parse(await renderReport(hostile, 'trace'));
  expect(traceEvents[0].args.name).toContain(`gateway${HOSTILE}`);
});

test.each([
  ['plain', results],
  ['hostile', hostileResults()],
  ['empty', nothing],
])('the %s SVG is well-formed, refers to nothing outside, and has size', async (_, of) => {
  const svg = await renderReport(of, 'svg');
  expect(svg.match(/<(script|image|a|use|foreignObject)\b|\son\w+="|var\(|url\(/i)).toBeNull();
  const { width, height } = await sharp(Buffer.from(svg)).png().metadata();
  expect(width).toBeGreaterThan(500);
  expect(height).toBeGreaterThan(60);
});
