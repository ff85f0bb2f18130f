/**
 * The one error class for failures that a user can cause or mend.
 *
 * Bugs throw plain errors; everything expected throws a TilebedError, whose stable `code` decides
 * the exit status (harness/cli/exit.ts) and lets tests and scripts tell failures apart.
 */

export interface SourcePosition {
  readonly file: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

export interface TilebedErrorDetails {
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  /** The place in the user's file that is at fault. */
  readonly position?: SourcePosition;
  /** The node on which it happened. */
  readonly node?: string;
  readonly cause?: unknown;
}

export type ErrorCode =
  | 'INPUT' // the user's file or argument is wrong
  | 'MISSING' // this machine lacks what is needed
  | 'FAILED' // the work was tried and failed
  | 'PROTOCOL' // a peer said something it must not
  | 'INTERRUPTED';

export class TilebedError extends Error {
  override readonly name = 'TilebedError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly position: SourcePosition | undefined;
  readonly node: string | undefined;

  constructor(code: ErrorCode, message: string, details: TilebedErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.position = details.position;
    this.node = details.node;
  }
}
