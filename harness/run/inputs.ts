/**
 * Copies of what went into a run, beside its results: the network, the pictures, and both specs as they
 * were understood, defaults and time scale included. Weights are too large for that: their hash stands
 * in the manifest.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inputPicturesFolder, inputsFolder, resolvedInputPath } from '../results/layout.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';
import type { Assets } from './assets.ts';

export async function saveInputs(
  folder: string,
  experiment: Experiment,
  testbed: Testbed,
  { cfg, pictures }: Assets,
): Promise<void> {
  const inputs = inputsFolder(folder);
  await mkdir(inputs, { recursive: true });
  await copyFile(cfg.path, join(inputs, basename(cfg.path)));
  // The texts themselves are in the manifest.
  const [{ text: _, ...understood }, { text: __, ...bed }] = [experiment, testbed];
  const resolved = { experiment: understood, testbed: bed };
  await writeFile(resolvedInputPath(folder), `${JSON.stringify(resolved, null, 2)}\n`);
  if (pictures.length === 0) return;
  const target = inputPicturesFolder(folder);
  await mkdir(target, { recursive: true });
  for (const { path } of pictures) await copyFile(path, join(target, basename(path)));
}
