/** What was used shows in every report, and an estimate never as a measurement. */
import { expect, test } from 'vitest';
import type { EnergyRecord } from '../harness/results/format.ts';
import { compareResults } from './compare-results.ts';
import { renderCsv } from './csv.ts';
import { energyRows } from './energy.ts';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import type { Results } from './read.ts';

function withEnergy(joules: number): Results {
  const results = fixtureResults();
  const energy: readonly EnergyRecord[] = [
    { of: 'machine', source: 'rapl', joules: 900, watts: 30 },
    { of: 'node', node: 'edge0', source: 'model', joules, watts: 1.9 },
    { of: 'node', node: 'gateway', source: 'meter', joules: 60, watts: 5, samples: 12 },
  ];
  return { ...results, trials: results.trials.map((trial) => ({ ...trial, energy })) };
}

test('nodes first, then the machine, each with what tells of it', () => {
  const rows = energyRows(withEnergy(30));
  expect(rows.slice(0, 3).map(([, of, , , by]) => [of, by])).toEqual([
    ['gateway', 'meter'],
    ['edge0', 'estimate by the device’s profile'],
    ['this machine', 'RAPL: CPU packages, whatever ran on them'],
  ]);
  // Three frames a trial.
  expect(rows[0]![2]).toMatch(/^20/);
  expect(energyRows(fixtureResults())).toEqual([]);
});

test('page, Markdown and CSV tell of it, and only where there is something to tell', async () => {
  const results = withEnergy(30);
  expect(await renderHtml(results)).toContain('<section id="energy"');
  expect(await renderHtml(fixtureResults())).not.toContain('<section id="energy"');
  expect(renderMarkdown(results)).toContain('estimate by the device’s profile');
  const [head, ...rows] = renderCsv(results).split('\r\n');
  const column = head!.split(',').indexOf('energySource');
  expect(new Set(rows.map((row) => row.split(',')[column]))).toContain('model');
});

test('what only nodes used is compared, without the machine under them', () => {
  const { points, unit } = compareResults(withEnergy(30), withEnergy(120), 'energy', 0.05);
  expect(unit).toBe('J a frame');
  expect(points[0]!.before.median).toBeCloseTo(30);
  expect(points[0]!.after.median).toBeCloseTo(60);
  expect(points[0]!.change).toBe('worse');
});
