/** Class labels as Darknet's .names files have them: one a line. */
import { readFile } from 'node:fs/promises';

export async function readLabels(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
