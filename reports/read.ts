/**
 * Reads a results folder: the manifest, every line of trials.jsonl, and the traces that exist.
 *
 * A run that was killed leaves a last line that is cut off, and trials without a trace; a report of
 * such a folder must still come out. Names in the files are not trusted with paths outside it.
 */
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import {
  FORMAT_VERSION,
  type Manifest,
  type Trace,
  type TrialRecord,
} from '../harness/results/format.ts';
import { inputsFolder, MANIFEST_FILE, TRIALS_FILE, tracePath } from '../harness/results/layout.ts';
import { TilebedError } from '../runtime/errors.ts';
import { loadNetwork } from '../runtime/model/load.ts';
import type { Network } from '../runtime/model/network.ts';
import { realTime } from './time-scale.ts';

export interface Results {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly trials: readonly TrialRecord[];
  readonly traces: readonly Trace[];
  /** As it lies in the folder; absent of results of earlier versions. */
  readonly network?: Network;
  /** 1-based lines of trials.jsonl that are no trial, such as one that a crash cut off. */
  readonly damagedLines: readonly number[];
}

/** Throws INPUT where `folder` is no results folder, or one of another version. */
export async function readResults(folder: string): Promise<Results> {
  const manifest = await readManifest(folder);
  const { timeScale = 1 } = manifest;
  const { trials, damagedLines } = parseTrials((await textOf(join(folder, TRIALS_FILE))) ?? '');
  const traces: Trace[] = [];
  // A repetition that was run again has two lines and, of the later one, one trace.
  for (const path of new Set(trials.map((trial) => tracePath(folder, trial)))) {
    const trace = await readTrace(folder, path);
    if (trace !== undefined) traces.push(realTime(trace, timeScale));
  }
  const network = await readNetwork(folder, manifest);
  return {
    folder,
    ...(network === undefined ? {} : { network }),
    manifest: withRealLinks(manifest),
    trials: trials.map((trial) => realTime(trial, timeScale)),
    traces,
    damagedLines,
  };
}

/** Undefined where there is none, or none that can be read. */
async function readNetwork(
  folder: string,
  { ingredients }: Manifest,
): Promise<Network | undefined> {
  const path = join(inputsFolder(folder), String(ingredients?.cfg?.name));
  if (ingredients === undefined || !isInside(folder, path)) return undefined;
  return loadNetwork(path).catch(() => undefined);
}

function withRealLinks(manifest: Manifest): Manifest {
  const { timeScale = 1, links } = manifest;
  return links === undefined ? manifest : { ...manifest, links: realTime(links, timeScale) };
}

/** The 1-based lines of trials.jsonl on which the trials stand, in their order. */
export function trialLines({ trials, damagedLines }: Results): number[] {
  const damaged = new Set(damagedLines);
  const lines: number[] = [];
  for (let line = 1; lines.length < trials.length; line++) {
    if (!damaged.has(line)) lines.push(line);
  }
  return lines;
}

/** Whether a path made of names from the results stays in their folder. */
export function isInside(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== '' && from !== '..' && !from.startsWith(`..${sep}`);
}

async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, MANIFEST_FILE);
  const text = await textOf(file);
  if (text === undefined) {
    throw new TilebedError('INPUT', `${folder} is no results folder: it has no ${MANIFEST_FILE}`, {
      hint: 'give the folder that `tilebed run` named at its end',
    });
  }
  const manifest = parseObject(text) as Manifest | undefined;
  if (manifest === undefined) {
    throw new TilebedError('INPUT', `${file} is no JSON object`, {
      position: { file },
      hint: 'was it edited, or copied only in part? copy the folder again, or run the experiment again',
    });
  }
  if (manifest.format !== FORMAT_VERSION) {
    throw new TilebedError(
      'INPUT',
      `${file} has format ${JSON.stringify(manifest.format)}; this tilebed reads ${FORMAT_VERSION}`,
      { position: { file }, hint: 'use the version of tilebed that wrote the results' },
    );
  }
  return manifest;
}

function parseTrials(text: string): { trials: TrialRecord[]; damagedLines: number[] } {
  const trials: TrialRecord[] = [];
  const damagedLines: number[] = [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) {
    const trial = parseObject(line);
    if (trial !== undefined && isTrial(trial)) trials.push(trial);
    else damagedLines.push(index + 1);
  }
  return { trials, damagedLines };
}

function isTrial(value: object): value is TrialRecord {
  const { trial, parameters, status, frames, lostFrames, nodes } = value as Partial<TrialRecord>;
  return (
    typeof trial === 'string' &&
    isObject(parameters) &&
    (status === 'ok' || status === 'degraded' || status === 'failed') &&
    Array.isArray(frames) &&
    Array.isArray(lostFrames) &&
    isObject(nodes)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined where there is none, or only a part of one. */
async function readTrace(folder: string, path: string): Promise<Trace | undefined> {
  if (!isInside(folder, path)) return undefined;
  const trace = parseObject((await textOf(path)) ?? '') as Trace | undefined;
  return trace !== undefined && Array.isArray(trace.spans) ? trace : undefined;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TilebedError('INPUT', `cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
