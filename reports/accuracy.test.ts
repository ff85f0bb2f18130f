import { expect, test } from 'vitest';
import type { Accuracy, TrialRecord } from '../harness/results/format.ts';
import { accuracyOf, differenceText } from './accuracy.ts';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { summarize } from './summary.ts';
import { terminalSummary } from './terminal-summary.ts';

const fine: Accuracy = {
  largestDifference: 0.00041,
  detectionsMatched: 40,
  detectionsExpected: 40,
};
const poor: Accuracy = { largestDifference: 0.0003, detectionsMatched: 37, detectionsExpected: 40 };

function trialsWith(...accuracies: (Accuracy | undefined)[]): TrialRecord[] {
  const [trial] = fixtureResults().trials;
  return accuracies.map((accuracy) => ({ ...trial!, ...(accuracy && { accuracy }) }));
}

test('the largest difference counts, and the detections of all repetitions', () => {
  expect(accuracyOf(trialsWith(fine, undefined, poor))).toEqual({
    largestDifference: 0.00041,
    detectionsMatched: 77,
    detectionsExpected: 80,
  });
  expect(accuracyOf(trialsWith(undefined))).toBeUndefined();
});

test('small differences keep their digits', () => {
  const text = (largestDifference: number) => differenceText({ ...fine, largestDifference });
  expect([0, 0.000041234, 0.0123456, 1.5].map(text)).toEqual(['0', '0.000041', '0.012', '1.5']);
});

test('reports have columns of it where a point is not in float32', async () => {
  const results = fixtureResults();
  const trials = [
    ...results.trials,
    ...trialsWith(poor).map((trial) => ({
      ...trial,
      parameters: { ...trial.parameters, precision: 'int8' },
    })),
  ];
  const texts = async (of: typeof results) => [
    await renderHtml(of),
    renderMarkdown(of),
    terminalSummary(summarize(of)),
  ];
  const [html, markdown, terminal] = await texts({ ...results, trials });
  for (const text of [html, markdown]) expect(text).toContain('0.0003');
  for (const text of [html, markdown, terminal]) {
    expect(text).toContain('37 of 40');
    expect(text).toContain('int8');
  }
  for (const text of await texts(results)) expect(text).not.toContain('37 of 40');
});
