/** Draws detections into the frames they were found in, for people to look at. */
import { mkdir } from 'node:fs/promises';
import { drawDetections } from '../../runtime/detect/draw.ts';
import { generatePicture } from '../../runtime/frames/generate.ts';
import type { Picture } from '../../runtime/frames/picture.ts';
import type { FrameSource } from '../../runtime/roles/config.ts';
import { readPicture } from '../pictures/read.ts';
import { writePicture } from '../pictures/write.ts';
import type { TrialRecord } from '../results/format.ts';
import { outputFolder, outputPath } from '../results/layout.ts';

/** The experiment's own pictures, in the order of use; empty for generated frames. */
export interface FrameOrigin {
  readonly images: readonly string[];
  readonly framesOf: (source: string) => readonly FrameSource[];
}

export async function writeOutputs(
  folder: string,
  record: TrialRecord,
  origin: FrameOrigin,
): Promise<void> {
  await mkdir(outputFolder(folder, record), { recursive: true });
  for (const { source, frame, detections } of record.frames) {
    const picture = await pictureOf(origin, source, frame);
    await writePicture(
      outputPath(folder, record, { source, frame }),
      drawDetections(picture, detections),
    );
  }
}

async function pictureOf(
  { images, framesOf }: FrameOrigin,
  source: string,
  frame: number,
): Promise<Picture> {
  const given = framesOf(source)[frame];
  if (given?.kind === 'generated') return generatePicture(given);
  return readPicture(images[frame % images.length]!);
}
