/** Whether what is to be run may stand beside what a results folder holds. */
import { TilebedError } from '../../runtime/errors.ts';
import { DEFAULT_TRANSFER, type Transfer } from '../../runtime/schedule/transfer.ts';
import type { Manifest } from '../results/format.ts';

/**
 * A report takes all repetitions of a point together, so all must have sent in the same way.
 *
 * Throws a TilebedError (INPUT) where the results that lie there sent in another.
 */
export function requireSameTransfer(
  folder: string,
  earlier: Pick<Manifest, 'transfer'>,
  wanted: Transfer,
): void {
  const { transfer: had = DEFAULT_TRANSFER } = earlier;
  if (had.frames === wanted.frames && had.halos === wanted.halos) return;
  throw new TilebedError(
    'INPUT',
    `the results in ${folder} are of transfer ${text(had)}, and the experiment wants ${text(wanted)}`,
    { hint: 'give another folder with --results, or set `transfer` of the experiment as it was' },
  );
}

function text({ frames, halos }: Transfer): string {
  return `{ frames: ${frames}, halos: ${halos} }`;
}
