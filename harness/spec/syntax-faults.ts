/** Which of a YAML parser's many complaints are worth telling: one that is at a loss finds ever more. */
import { inOrder, NEITHER_KIND, type SpecFault } from './faults.ts';

const MOST_TOLD = 3;

/**
 * The first of each line, of the first few lines; of a file that is no mapping of keys only that.
 *
 * @param faults one or more
 */
export function syntaxFaults(faults: readonly SpecFault[], hasKeys: boolean): readonly SpecFault[] {
  const sorted = inOrder(faults);
  if (!hasKeys) {
    const { message, hint } = NEITHER_KIND;
    return [{ ...sorted[0]!, message: `${message}: it is no YAML`, hint }];
  }
  const told = sorted
    .filter(({ line }, index) => line !== sorted[index - 1]?.line)
    .slice(0, MOST_TOLD);
  const more = sorted.length - told.length;
  if (more === 0) return told;
  const last = told.at(-1)!;
  const rest = more === 1 ? 'and 1 more fault, which may' : `and ${more} more faults, which may`;
  const hint = [last.hint, `${rest} come of these`].filter(Boolean).join('\n  hint: ');
  return [...told.slice(0, -1), { ...last, hint }];
}
