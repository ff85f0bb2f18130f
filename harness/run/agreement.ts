/**
 * Whether trials agree: tiles give the bits of the whole, so whatever the strategy, the same frame has
 * the same detections. A trial that found something else measured something else.
 */
import type { TrialRecord } from '../results/format.ts';

interface Found {
  readonly detections: string;
  readonly trial: string;
}

export class Agreement {
  readonly #found = new Map<string, Found>();

  /** The trial that it differs from; undefined where it agrees with all before. */
  check({ trial, parameters, frames }: TrialRecord): string | undefined {
    for (const { source, frame, detections } of frames) {
      const key = `${parameters.precision ?? 'float32'} ${source} ${frame}`;
      const text = JSON.stringify(detections);
      const before = this.#found.get(key);
      if (before === undefined) this.#found.set(key, { detections: text, trial });
      else if (before.detections !== text) return before.trial;
    }
    return undefined;
  }
}
