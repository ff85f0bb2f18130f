/** Exit statuses: scripts depend on them. */
import { type ErrorCode, TilebedError } from '../../runtime/errors.ts';

export const EXIT = {
  done: 0,
  /** The work was tried and failed. */
  failed: 1,
  /** The user's file or argument is wrong. */
  input: 2,
  /** This machine lacks what is needed; the message names it. */
  missing: 3,
  /** Interrupted, after cleaning up. */
  interrupted: 130,
} as const;

const OF_CODE: Readonly<Record<ErrorCode, number>> = {
  INPUT: EXIT.input,
  MISSING: EXIT.missing,
  FAILED: EXIT.failed,
  PROTOCOL: EXIT.failed,
  INTERRUPTED: EXIT.interrupted,
};

export function exitStatus(error: unknown): number {
  return error instanceof TilebedError ? OF_CODE[error.code] : EXIT.failed;
}
