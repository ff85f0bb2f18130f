/** The annotated frames of a results folder that a page of limited size can hold. */
import { readFile } from 'node:fs/promises';
import type { FrameRecord } from '../harness/results/format.ts';
import { outputPath } from '../harness/results/layout.ts';
import { isInside, type Results, trialLines } from './read.ts';

export interface Picture extends Pick<FrameRecord, 'source' | 'frame' | 'detections'> {
  /** 1-based line of trials.jsonl of its trial. */
  readonly line: number;
  /** A JPEG file. */
  readonly base64: string;
}

export interface Gallery {
  readonly pictures: readonly Picture[];
  /** Frames that have a picture which found no room. */
  readonly leftOut: number;
}

/** One picture a frame, of the first trial that has it, while their base64 stays below the limit. */
export async function readGallery(results: Results, limitBytes: number): Promise<Gallery> {
  const lines = trialLines(results);
  const pictures: Picture[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let leftOut = 0;
  for (const [index, trial] of results.trials.entries()) {
    for (const { source, frame, detections } of trial.frames) {
      const key = JSON.stringify([source, frame]);
      if (seen.has(key)) continue;
      const jpeg = await readJpeg(
        results.folder,
        outputPath(results.folder, trial, { source, frame }),
      );
      if (jpeg === undefined) continue;
      seen.add(key);
      const base64 = jpeg.toString('base64');
      if (bytes + base64.length > limitBytes) {
        leftOut++;
        continue;
      }
      bytes += base64.length;
      pictures.push({ source, frame, detections, line: lines[index]!, base64 });
    }
  }
  return { pictures: pictures.sort(compare), leftOut };
}

function compare(a: Picture, b: Picture): number {
  return a.source.localeCompare(b.source, 'en', { numeric: true }) || a.frame - b.frame;
}

/** Undefined where there is none, or where what lies there is no JPEG. */
async function readJpeg(folder: string, path: string): Promise<Buffer | undefined> {
  if (!isInside(folder, path)) return undefined;
  try {
    const data = await readFile(path);
    return data.readUInt16BE(0) === 0xffd8 ? data : undefined;
  } catch {
    return undefined;
  }
}
