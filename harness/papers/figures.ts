/** The papers' figures, as numbers: `experiments/papers/figures.json`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

export const PAPERS_FOLDER = join(PACKAGE_ROOT, 'experiments', 'papers');

export type Values = readonly (number | null)[];

export interface PaperPanel {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly x: { readonly title: string; readonly labels: readonly string[] };
  readonly series: Readonly<Record<string, Values>>;
}

export interface PaperFigure {
  readonly title: string;
  readonly panels: readonly PaperPanel[];
}

export interface PaperFigures {
  readonly source: string;
  readonly figures: Readonly<Record<string, PaperFigure>>;
}

export async function readPaperFigures(): Promise<PaperFigures> {
  return JSON.parse(await readFile(join(PAPERS_FOLDER, 'figures.json'), 'utf8')) as PaperFigures;
}

/** Throws a TilebedError (INPUT) that lists the figures there are. */
export function paperFigure({ figures }: PaperFigures, name: string): PaperFigure {
  const figure = Object.hasOwn(figures, name) ? figures[name] : undefined;
  if (figure !== undefined) return figure;
  throw new TilebedError('INPUT', `there is no figure \`${name}\` to reproduce`, {
    hint: `figures: ${Object.keys(figures).join(', ')}`,
  });
}

/** Throws a plain Error: panels are the figures' own. */
export function panelOf(figure: PaperFigure, id: string): PaperPanel {
  const panel = figure.panels.find((one) => one.id === id);
  if (panel === undefined) throw new Error(`${figure.title} has no panel ${id}`);
  return panel;
}
