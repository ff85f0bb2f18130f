/** What a precision costs against float32, summed up over a point's repetitions and in words. */
import type { Accuracy, TrialRecord } from '../harness/results/format.ts';

/** The largest difference of any repetition, and the detections of all of them. */
export function accuracyOf(trials: readonly TrialRecord[]): Accuracy | undefined {
  const measured = trials.flatMap(({ accuracy }) => accuracy ?? []);
  if (measured.length === 0) return undefined;
  return {
    largestDifference: Math.max(...measured.map(({ largestDifference }) => largestDifference)),
    detectionsMatched: sum(measured, ({ detectionsMatched }) => detectionsMatched),
    detectionsExpected: sum(measured, ({ detectionsExpected }) => detectionsExpected),
  };
}

/** Two digits, however small: what a half-precision weight costs is far below a thousandth. */
export function differenceText({ largestDifference }: Accuracy): string {
  return String(Number(largestDifference.toPrecision(2)));
}

export function matchedText({ detectionsMatched, detectionsExpected }: Accuracy): string {
  return `${detectionsMatched} of ${detectionsExpected}`;
}

function sum(items: readonly Accuracy[], value: (item: Accuracy) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
