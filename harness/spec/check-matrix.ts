/** Whether the keys of an experiment's matrix go together: what a schema cannot say of them. */
import { usesAxis } from '../../runtime/schedule/strategies.ts';
import type { SpecDocument } from './document.ts';
import type { ExperimentSpec } from './experiment.ts';
import type { SpecFault } from './faults.ts';
import { MATRIX_DEFAULTS } from './matrix.ts';

export function matrixFaults(document: SpecDocument, spec: ExperimentSpec): SpecFault[] {
  return [...gridFaults(document, spec), ...doubleFaults(document, spec)];
}

/** A grid may be left out only where no strategy has one. */
function gridFaults(document: SpecDocument, { matrix }: ExperimentSpec): SpecFault[] {
  if (matrix.grid !== undefined) return [];
  const name = (matrix.strategy ?? MATRIX_DEFAULTS.strategy).find((candidate) =>
    usesAxis({ name: candidate, reuse: true }, 'grid'),
  );
  if (name === undefined) return [];
  const hint = 'rows x columns of tiles, such as `grid: [5x5]`';
  return [document.fault(['matrix'], `\`matrix\` needs \`grid\` for ${name}`, { hint, at: 'key' })];
}

/** Sources and their rate are either the same in all trials or an axis. */
function doubleFaults(document: SpecDocument, { frames, matrix }: ExperimentSpec): SpecFault[] {
  return (['sources', 'rate'] as const)
    .filter((key) => frames[key] !== undefined && matrix[key] !== undefined)
    .map((key) =>
      document.fault(
        ['matrix', key],
        `\`matrix.${key}\` and \`frames.${key}\` say the same thing twice`,
        {
          hint: 'keep the one in `matrix` for an axis, the one in `frames` for all trials',
          at: 'key',
        },
      ),
    );
}
