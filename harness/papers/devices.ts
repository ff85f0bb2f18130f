/** What the papers measured on a device of theirs alone. */

/** DeepThings, figure 1: the first 16 layers of YOLOv2 on one core of a Raspberry Pi 3, in seconds. */
export const PAPER_PLAIN_SECONDS = 13.56;
