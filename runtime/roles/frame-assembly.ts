/** The gateway's frames under way: each a map that tiles are pasted into as they come. */
import { TilebedError } from '../errors.ts';
import { elements, type Shape } from '../model/network.ts';
import { pasteRegion } from '../partition/map.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import type { Part } from '../partition/stages.ts';
import type { FrameId } from '../schedule/collector.ts';
import type { GatewayConfig } from './config.ts';

/** What a JPEG can have. */
const MAX_PICTURE_SIDE = 65_535;

/** What a source told about a frame: its time on the gateway's clock, and the picture's size. */
export interface TakenFrame {
  readonly arrivedAtMs: number;
  readonly width: number;
  readonly height: number;
}

interface Assembly {
  readonly taken: TakenFrame;
  /** Made when the first tile comes: a frame that only waits costs nothing. */
  map: Float32Array | undefined;
}

export class FrameAssembly {
  readonly #shape: Shape;
  readonly #frames = new Map<string, Assembly>();

  /** @param shape of the last fused layer's map */
  constructor(shape: Shape) {
    this.#shape = shape;
  }

  begin(
    source: string,
    { frame, arrivedAtMs, width, height }: TakenFrame & { frame: number },
  ): void {
    this.#frames.set(key({ source, frame }), {
      taken: { arrivedAtMs, width, height },
      map: undefined,
    });
  }

  /** What the source told, of a frame that is not complete yet. */
  taken(id: FrameId): TakenFrame | undefined {
    return this.#frames.get(key(id))?.taken;
  }

  /** Throws a TilebedError (PROTOCOL) unless the bytes are as many as the tile's output has. */
  check({ index, output }: Pick<Part, 'index' | 'output'>, payloadBytes: number): void {
    const floats = this.#shape.channels * regionHeight(output) * regionWidth(output);
    if (payloadBytes === floats * Float32Array.BYTES_PER_ELEMENT) return;
    throw new TilebedError('PROTOCOL', `tile ${index} came with ${payloadBytes} bytes`);
  }

  add(id: FrameId, plan: Pick<Part, 'output'>, payload: Uint8Array): void {
    const frame = this.#frames.get(key(id))!;
    frame.map ??= new Float32Array(elements(this.#shape));
    const tile = new Float32Array(payload.buffer, payload.byteOffset, payload.byteLength / 4);
    pasteRegion(frame.map, this.#shape, plan.output, tile);
  }

  /** The merged map, which is the caller's from now on. */
  take(id: FrameId): { readonly map: Float32Array; readonly taken: TakenFrame } {
    const frame = this.#frames.get(key(id));
    if (frame?.map === undefined) throw new Error(`frame ${id.frame} of ${id.source} has no tiles`);
    this.#frames.delete(key(id));
    return { map: frame.map, taken: frame.taken };
  }

  drop(id: FrameId): void {
    this.#frames.delete(key(id));
  }
}

function key({ source, frame }: FrameId): string {
  return `${source}/${frame}`;
}

/** Every frame under way costs a map. Throws a TilebedError (PROTOCOL) on one too many, or an impossible one. */
export function checkTaken(
  edge: string,
  { width, height }: Pick<TakenFrame, 'width' | 'height'>,
  inFlight: number,
  { framesInFlight }: Pick<GatewayConfig, 'framesInFlight'>,
): void {
  if (inFlight >= framesInFlight) {
    throw new TilebedError('PROTOCOL', `${edge} takes more than ${framesInFlight} frames at once`);
  }
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_PICTURE_SIDE) {
    throw new TilebedError('PROTOCOL', `${edge} has a picture of ${width} x ${height} pixels`);
  }
}
