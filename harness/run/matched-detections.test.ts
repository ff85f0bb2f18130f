import { expect, test } from 'vitest';
import type { Detection } from '../../runtime/detect/detection.ts';
import { sumUp } from './matched-detections.ts';

function detection(label: number, x: number, width = 10): Detection {
  return { class: label, label: `${label}`, probability: 0.5, box: { x, y: 0, width, height: 10 } };
}

test.each([
  ['itself', [detection(1, 0)], [detection(1, 0)], 1],
  ['an overlap of a half', [detection(1, 0, 10)], [detection(1, 0, 20)], 1],
  ['less than a half', [detection(1, 0, 10)], [detection(1, 0, 21)], 0],
  ['another class', [detection(1, 0)], [detection(2, 0)], 0],
  ['one for two', [detection(1, 0), detection(1, 1)], [detection(1, 0)], 1],
  [
    'two beside what is new',
    [detection(1, 0), detection(2, 0)],
    [1, 2, 3].map((label) => detection(label, 0)),
    2,
  ],
  ['none', [], [detection(1, 0)], 0],
])('%s', (_what, expected, found, matched) => {
  const other = { expected: [], found: [], difference: 0.25 };
  expect(sumUp([{ expected, found, difference: 0.125 }, other])).toEqual({
    largestDifference: 0.25,
    detectionsMatched: matched,
    detectionsExpected: expected.length,
  });
});
