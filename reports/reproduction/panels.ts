/** Measured values under the names of a paper's panels and curves, and how a value is had of trials. */
import type { TrialRecord } from '../../harness/results/format.ts';
import { median } from '../../runtime/quantiles.ts';

/** One value a label of the panel's x axis; null where it was not measured. */
export type Values = readonly (number | null)[];

/** By panel and curve. */
export type MeasuredPanels = Readonly<Record<string, Readonly<Record<string, Values>>>>;

const MEBIBYTE = 2 ** 20;

/** What all nodes sent, over the frames. */
export function mebibytesAFrame(trials: readonly TrialRecord[]): number | undefined {
  return middle(
    trials.map(({ nodes, frames }) => {
      const sent = Object.values(nodes).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
      return frames.length === 0 ? undefined : sent / frames.length / MEBIBYTE;
    }),
  );
}

/** Undefined where no value is known. */
export function middle(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}
