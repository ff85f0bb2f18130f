/** What a results folder says of what was run there: the experiment and the testbed as they were understood. */
import { readFile } from 'node:fs/promises';
import { DEFAULT_TRANSFER, type Transfer } from '../../runtime/schedule/transfer.ts';
import { resolvedInputPath } from '../results/layout.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';

export interface Ran {
  readonly experiment: Experiment;
  readonly testbed: Testbed;
}

/** Undefined where the results do not say it, as those of a simulation. */
export async function whatRanIn(folder: string): Promise<Ran | undefined> {
  const text = await readFile(resolvedInputPath(folder), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { experiment, testbed } = JSON.parse(text) as {
    // Results of earlier versions do not say how things travelled.
    readonly experiment?: Omit<Experiment, 'transfer'> & { readonly transfer?: Transfer };
    readonly testbed?: Testbed;
  };
  const isWhole = Array.isArray(experiment?.trials) && Array.isArray(testbed?.nodes);
  if (!isWhole) return undefined;
  return { experiment: { transfer: DEFAULT_TRANSFER, ...experiment! }, testbed: testbed! };
}
