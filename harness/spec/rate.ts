/** At what rate a source's frames come, as an experiment's file has it. */
import type { FrameRate } from '../../runtime/schedule/arrivals.ts';

/** A rate without what a source adds of its own: the seed of its random arrivals. */
export type Rate =
  | { readonly kind: 'back-to-back' }
  | { readonly kind: 'fixed' | 'poisson'; readonly framesPerSecond: number };

/** At most 9999 frames a second, and more than none. */
export const RATE_PATTERN =
  '^(back-to-back|(poisson\\s+)?(?=[0-9.]*[1-9])[0-9]{1,4}(\\.[0-9]+)?\\s*fps)$';

/** The text must match RATE_PATTERN. */
export function parseRate(text: string): Rate {
  const match = /^(poisson\s+)?([0-9.]+)\s*fps$/.exec(text);
  if (match === null) return { kind: 'back-to-back' };
  const kind = match[1] === undefined ? 'fixed' : 'poisson';
  return { kind, framesPerSecond: Number(match[2]) };
}

/** One spelling of every rate: `2.50 fps` is `2.5fps`. */
export function rateText(rate: Rate): string {
  if (rate.kind === 'back-to-back') return rate.kind;
  const { kind, framesPerSecond } = rate;
  return kind === 'fixed' ? `${framesPerSecond}fps` : `poisson ${framesPerSecond}fps`;
}

export function rateOfSource(rate: Rate, seed: number): FrameRate {
  switch (rate.kind) {
    case 'back-to-back':
      return { kind: 'back-to-back' };
    case 'fixed':
      return { kind: 'fixed', framesPerSecond: rate.framesPerSecond };
    case 'poisson':
      return { kind: 'poisson', framesPerSecond: rate.framesPerSecond, seed };
    default:
      return rate satisfies never;
  }
}
