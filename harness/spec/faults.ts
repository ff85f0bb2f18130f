/** What is wrong with a user's file: each fault with its place, all of them at once. */
import { TilebedError } from '../../runtime/errors.ts';

export interface SpecFault {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** Of a file that is something else altogether. */
export const NEITHER_KIND = {
  message: 'the file is neither a testbed nor an experiment',
  hint: 'a testbed has `provider`, `network` and `nodes`; an experiment has `model`, `frames` and `matrix`',
};

export class SpecError extends TilebedError {
  readonly faults: readonly SpecFault[];

  constructor(faults: readonly SpecFault[]) {
    const sorted = inOrder(faults);
    super('INPUT', sorted.map(formatFault).join('\n'));
    this.faults = sorted;
  }
}

/** As they stand in the file. */
export function inOrder(faults: readonly SpecFault[]): readonly SpecFault[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** `file:line:column: message`, and the hint on a line of its own. */
export function formatFault({ file, line, column, message, hint }: SpecFault): string {
  return `${file}:${line}:${column}: ${message}${hint === undefined ? '' : `\n  hint: ${hint}`}`;
}
