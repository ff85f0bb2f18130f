/** Where things lie in a results folder. */
import { join } from 'node:path';

/** Names one repetition's files. */
export interface RepetitionName {
  readonly trial: string;
  readonly repetition: number;
}

export const MANIFEST_FILE = 'manifest.json';
export const TRIALS_FILE = 'trials.jsonl';

function stem({ trial, repetition }: RepetitionName): string {
  return `${trial}-${repetition}`;
}

export function tracePath(folder: string, name: RepetitionName): string {
  return join(folder, 'traces', `${stem(name)}.json`);
}

export function logFolder(folder: string, name: RepetitionName): string {
  return join(folder, 'logs', stem(name));
}

/** Copies of what went in: a run can be repeated where its files are not. */
export function inputsFolder(folder: string): string {
  return join(folder, 'inputs');
}

/** Both specs as they were understood, defaults and time scale included. */
export function resolvedInputPath(folder: string): string {
  return join(inputsFolder(folder), 'resolved.json');
}

export function inputPicturesFolder(folder: string): string {
  return join(inputsFolder(folder), 'pictures');
}

/** Annotated frames of one repetition. */
export function outputFolder(folder: string, name: RepetitionName): string {
  return join(folder, 'outputs', stem(name));
}

export function outputPath(
  folder: string,
  name: RepetitionName,
  frame: { readonly source: string; readonly frame: number },
): string {
  return join(outputFolder(folder, name), `${frame.source}-${frame.frame}.jpg`);
}
