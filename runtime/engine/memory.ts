/** Keeps an engine's memory small and steady: a device has a hundred megabytes, not a gigabyte. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';

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

const nowhere = closedPort();

/**
 * Frees the memory of arrays at once, and leaves them without elements: what is handed over to a port
 * that is closed is dropped there and then. Garbage collection would find them too, but much later or
 * at some ten milliseconds (decision 0004). Nobody may read or send them any more.
 */
export function freeAtOnce(arrays: readonly { readonly buffer: ArrayBufferLike }[]): void {
  if (arrays.length === 0) return;
  const buffers = new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer));
  nowhere.postMessage(undefined, [...buffers]);
}

function closedPort() {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.unref();
  return port1;
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

/** What may be dead before a collection is worth its time. */
const DEAD_BYTES = 2 ** 20;
let deadBytes = 0;

/** Nobody holds a map of that size any more: it is freed soon. */
export function noteDeadMap({ byteLength }: { readonly byteLength: number }): void {
  deadBytes += byteLength;
  if (deadBytes < DEAD_BYTES) return;
  deadBytes = 0;
  releaseDeadMaps('minor');
}
