/**
 * Which tiles of which frames have reached the gateway, and what is still to come.
 *
 *   expected ──takeFrame──▶ collecting ──last tile──▶ merged ──finish──▶ finished
 *      │                        │
 *      └──────loseSource────────┴──▶ lost
 *
 * Results are idempotent by (source, frame, tile): the first counts, a late double is dropped. A
 * frame whose tiles have all arrived completes even when its source is gone.
 */

type FrameState =
  | { readonly kind: 'expected' }
  | { readonly kind: 'collecting'; readonly arrived: Set<number> }
  | { readonly kind: 'merged' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'lost' };

/** One for all frames: thousands may be expected. */
const EXPECTED: FrameState = { kind: 'expected' };
const MERGED: FrameState = { kind: 'merged' };
const FINISHED: FrameState = { kind: 'finished' };
const LOST: FrameState = { kind: 'lost' };

export interface FrameId {
  readonly source: string;
  readonly frame: number;
}

/** What became of a tile's result; `early` ones are to be brought again when their frame is taken. */
export type Arrival = 'new' | 'last' | 'early' | 'duplicate' | 'unknown';

export class Collector {
  readonly #tiles: number;
  readonly #sources = new Map<string, FrameState[]>();
  /** Frames of each source that are taken, and neither finished nor lost. */
  readonly #inFlight = new Map<string, number>();
  #open = 0;

  /**
   * @param tiles tiles a frame
   * @param frames how many frames each source will give
   */
  constructor(tiles: number, frames: ReadonlyMap<string, number>) {
    this.#tiles = tiles;
    for (const [source, count] of frames) {
      this.#sources.set(
        source,
        Array.from({ length: count }, () => EXPECTED),
      );
      this.#open += count;
    }
  }

  /** True when this frame was expected and is now collected. */
  takeFrame({ source, frame }: FrameId): boolean {
    const states = this.#sources.get(source);
    if (states?.[frame]?.kind !== 'expected') return false;
    states[frame] = { kind: 'collecting', arrived: new Set() };
    this.#inFlight.set(source, this.inFlight(source) + 1);
    return true;
  }

  /** How many frames of a source are taken, and neither finished nor lost. */
  inFlight(source: string): number {
    return this.#inFlight.get(source) ?? 0;
  }

  /** `last` says that the frame's tiles are complete now; nothing that names no tile changes anything. */
  arrive({ source, frame }: FrameId, tile: number): Arrival {
    const states = this.#sources.get(source);
    const state = states?.[frame];
    if (states === undefined || state === undefined || tile < 0 || tile >= this.#tiles)
      return 'unknown';
    switch (state.kind) {
      case 'expected':
        return 'early';
      case 'merged':
      case 'finished':
      case 'lost':
        return 'duplicate';
      case 'collecting': {
        if (state.arrived.has(tile)) return 'duplicate';
        state.arrived.add(tile);
        if (state.arrived.size < this.#tiles) return 'new';
        states[frame] = MERGED;
        return 'last';
      }
      default:
        return state satisfies never;
    }
  }

  /** The frame's detections exist. */
  finish({ source, frame }: FrameId): void {
    const states = this.#sources.get(source);
    if (states?.[frame]?.kind !== 'merged')
      throw new Error(`frame ${frame} of ${source} was not merged`);
    states[frame] = FINISHED;
    this.#inFlight.set(source, this.inFlight(source) - 1);
    this.#open--;
  }

  /** Gives up the frames of a source that can no longer complete, and names them. */
  loseSource(source: string): readonly FrameId[] {
    const states = this.#sources.get(source) ?? [];
    const lost: FrameId[] = [];
    for (const [frame, state] of states.entries()) {
      if (state.kind !== 'expected' && state.kind !== 'collecting') continue;
      if (state.kind === 'collecting') this.#inFlight.set(source, this.inFlight(source) - 1);
      states[frame] = LOST;
      lost.push({ source, frame });
    }
    this.#open -= lost.length;
    return lost;
  }

  /** Every expected frame is finished or lost. */
  get done(): boolean {
    return this.#open === 0;
  }
}
