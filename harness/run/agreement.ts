/**
 * Whether trials agree: tiles give the bits of the whole, so whatever the strategy, the same frame has
 * the same detections, or the same last map where a network detects nothing. A trial that found something
 * else measured something else.
 */
import type { TrialRecord } from '../results/format.ts';

interface Found {
  readonly what: string;
  readonly trial: string;
}

export class Agreement {
  readonly #found = new Map<string, Found>();

  /** The trial that it differs from; undefined where it agrees with all before. */
  check({ trial, parameters, frames }: TrialRecord): string | undefined {
    for (const { source, frame, detections, mapDigest } of frames) {
      const key = `${parameters.precision ?? 'float32'} ${source} ${frame}`;
      const what = mapDigest ?? JSON.stringify(detections);
      const before = this.#found.get(key);
      if (before === undefined) this.#found.set(key, { what, trial });
      else if (before.what !== what) return before.trial;
    }
    return undefined;
  }
}
