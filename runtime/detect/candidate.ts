/** A box that a layer proposes, in shares of the network's input; x and y are its centre. */
export interface Candidate {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly objectness: number;
  /** By class; 0 where below the threshold, or suppressed. */
  readonly probabilities: Float32Array;
}
