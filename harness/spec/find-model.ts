/** Finds a network and its weights by path or by name, and says what is possible where there are none such. */
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CATALOGUE, pulledModelPath } from '../models/catalogue.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { pathExists } from '../path-exists.ts';
import type { ExperimentWeights } from './resolved.ts';

export const BUILT_IN_MODELS = join(PACKAGE_ROOT, 'experiments/models');

/** A file relative to `folder`, or a built-in network by name; undefined where there is neither. */
export async function findCfg(name: string, folder: string): Promise<string | undefined> {
  const own = resolve(folder, name);
  if (await pathExists(own)) return own;
  const builtIn = join(BUILT_IN_MODELS, name);
  return basename(name) === name && (await pathExists(builtIn)) ? builtIn : undefined;
}

/** What to say where there is no such cfg. */
export async function builtInHint(): Promise<string> {
  const names = (await readdir(BUILT_IN_MODELS)).filter((name) => name.endsWith('.cfg'));
  return `built in: ${names.join(', ')}`;
}

/** `synthetic:SEED`, a file, or the name of a model that was pulled. */
export async function findWeights(
  text: string,
  folder: string,
): Promise<ExperimentWeights | undefined> {
  const synthetic = /^synthetic:(\d{1,9})$/.exec(text);
  if (synthetic) return { kind: 'synthetic', seed: Number(synthetic[1]) };
  for (const path of [resolve(folder, text), pulledModelPath(text)]) {
    if (path !== undefined && (await pathExists(path))) return { kind: 'file', path };
  }
  return undefined;
}

/** Of a list the first that is there. */
export async function findFirstWeights(
  candidates: readonly string[],
  folder: string,
): Promise<ExperimentWeights | undefined> {
  for (const candidate of candidates) {
    const found = await findWeights(candidate, folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What to say where none of these weights are there. */
export function weightsHint(candidates: readonly string[]): string {
  if (candidates.some((name) => name.startsWith('synthetic:'))) {
    return 'a seed is a whole number of at most nine digits: `synthetic:7`';
  }
  const models = CATALOGUE.map(({ name }) => name);
  const model = candidates.find((name) => models.includes(name)) ?? models[0];
  return `a file, \`synthetic:7\`, or a model by its name, once \`tilebed model pull ${model}\` has fetched it`;
}
