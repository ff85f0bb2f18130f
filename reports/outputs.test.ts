/** Two results found the same, or something else. */
import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { compareOutputs, outputsText } from './outputs.ts';

test('two runs of one seed found the same, to the bit', () => {
  const outputs = compareOutputs(fixtureResults(), fixtureResults());
  expect(outputs.length).toBeGreaterThan(1);
  expect(outputs.every(({ before, after }) => before === after)).toBe(true);
  expect(outputsText(outputs)).toContain('the same detections, to the bit, at all 2 points');
});

test('detections that are missing are another output', () => {
  const results = fixtureResults();
  const trials = results.trials.map((trial, index) =>
    index > 0 || trial.frames.length === 0
      ? trial
      : {
          ...trial,
          frames: trial.frames.map((frame) => ({ ...frame, detections: [] })),
        },
  );
  const outputs = compareOutputs(results, { ...results, trials });
  expect(outputs.filter(({ before, after }) => before !== after)).toHaveLength(1);
  expect(outputsText(outputs)).toMatch(/other detections at 1 of 2 points/);
});

test('results without a point in common say nothing of outputs', () => {
  const results = fixtureResults();
  expect(outputsText(compareOutputs(results, { ...results, trials: [] }))).toContain('no point');
});
