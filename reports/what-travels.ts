/** How frames and halos travelled in a run, in words. */
import type { Manifest } from '../harness/results/format.ts';
import { DEFAULT_TRANSFER, type Transfer } from '../runtime/schedule/transfer.ts';

const FRAMES: Readonly<Record<Transfer['frames'], string>> = {
  pixels: 'parts of frames as pixels where those are fewer bytes than floats',
  floats: "parts of frames as float32, as in the papers' program",
};
const HALOS: Readonly<Record<Transfer['halos'], string>> = {
  direct: 'halos from the edge that computed them to the one that uses them',
  gateway: "halos through the gateway, as in the papers' program",
};

/** Results of earlier versions do not say it: there was one way. */
export function transferOf({ transfer = DEFAULT_TRANSFER }: Pick<Manifest, 'transfer'>): Transfer {
  return transfer;
}

export function transferText({ frames, halos }: Transfer): string {
  return `${FRAMES[frames]}, ${HALOS[halos]}`;
}
