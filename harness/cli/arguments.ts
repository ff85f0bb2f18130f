/** Arguments that several verbs take. */
import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers from 1, for commander's options. */
export function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 is wanted');
}
