/**
 * How what nodes send each other travels: as tilebed does, or as the papers' program does, whose bytes a
 * reproduction wants. The outputs are the same, bit for bit.
 */

/** Parts of a frame: as pixels where those are fewer bytes, or always as the network's float32 input. */
export const FRAME_TRANSFERS = ['pixels', 'floats'] as const;
export type FrameTransfer = (typeof FRAME_TRANSFERS)[number];

/** Halos: from the edge that computed them to the one that uses them, or through the gateway. */
export const HALO_TRANSFERS = ['direct', 'gateway'] as const;
export type HaloTransfer = (typeof HALO_TRANSFERS)[number];

export interface Transfer {
  readonly frames: FrameTransfer;
  readonly halos: HaloTransfer;
}

export const DEFAULT_TRANSFER: Transfer = { frames: 'pixels', halos: 'direct' };
