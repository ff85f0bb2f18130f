/** Keeps an engine's memory small and steady: a device has a hundred megabytes, not a gigabyte. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Strips of one repeated value, cut from a buffer that only ever grows. */
export class Strips {
  readonly #buffers = new Map<number, Float32Array>();

  /** `count` elements, all `filler`. The caller must not write to them. */
  take(filler: number, count: number): Float32Array {
    let buffer = this.#buffers.get(filler);
    if (buffer === undefined || buffer.length < count) {
      buffer = new Float32Array(count).fill(filler);
      this.#buffers.set(filler, buffer);
    }
    return buffer.subarray(0, count);
  }
}

type Collect = (options: { type: 'minor' | 'major' }) => void;
let collect: Collect | undefined;

/**
 * Frees the maps that an engine's sessions have handed over and nobody holds any more. Left to itself
 * V8 waits for tens of megabytes of them, since it sees only their small wrappers (decision 0004 has
 * the measurement). `minor` takes well under a millisecond and finds what has just died; `major` takes
 * some ten and finds all.
 */
export function releaseDeadMaps(type: 'minor' | 'major'): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type });
}
