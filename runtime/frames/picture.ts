/** A picture as a camera gives it: 8-bit RGB, interleaved, top row first. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** [height][width][3]. */
  readonly pixels: Uint8Array;
}
