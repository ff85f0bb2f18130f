/** Which built-in experiment measures a figure. */
import { join } from 'node:path';
import { PAPERS_FOLDER } from './figures.ts';

const EXPERIMENTS: Readonly<Record<string, string>> = {
  'deepthings-fig12': 'deepthings-fig13',
  'deepthings-fig13': 'deepthings-fig13',
  'deepthings-fig14': 'deepthings-fig14',
  'deepthings-fig15': 'deepthings-fig15',
  beaten: 'beaten',
};

/**
 * Undefined where all that can be had of a figure is computed.
 *
 * @param quick the variant that takes less than three minutes
 */
export function experimentFile(figure: string, quick: boolean): string | undefined {
  const name = Object.hasOwn(EXPERIMENTS, figure) ? EXPERIMENTS[figure] : undefined;
  return name === undefined
    ? undefined
    : join(PAPERS_FOLDER, quick ? `${name}-quick.yaml` : `${name}.yaml`);
}
