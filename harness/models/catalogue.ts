/** Trained weights that can be fetched by name, and where fetched ones lie. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CatalogueEntry {
  readonly name: string;
  readonly url: string;
  /** Size of the file, in bytes. */
  readonly bytes: number;
  readonly cfg: string;
  readonly says: string;
}

/**
 * The publisher of these files gives no hashes. The hash of the first download is therefore kept
 * beside the file and every later one must match; `--sha256` checks against a hash of one's own.
 */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'yolov2',
    url: 'https://pjreddie.com/media/files/yolov2.weights',
    bytes: 203_934_260,
    cfg: 'yolov2.cfg',
    says: 'YOLOv2 608x608, COCO: the network of the papers',
  },
  {
    name: 'yolov2-tiny',
    url: 'https://pjreddie.com/media/files/yolov2-tiny.weights',
    bytes: 44_948_600,
    cfg: 'yolov2-tiny.cfg',
    says: 'tiny YOLOv2 416x416, COCO',
  },
];

export function modelFolder(): string {
  return join(process.env['TILEBED_HOME'] ?? join(homedir(), '.cache/tilebed'), 'models');
}

/** Where a model of that name would lie; undefined for what cannot be a name. */
export function pulledModelPath(name: string): string | undefined {
  return /^[a-z0-9][a-z0-9.-]*$/.test(name) ? join(modelFolder(), `${name}.weights`) : undefined;
}
