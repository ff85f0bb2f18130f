/** A paper's figure beside ours: what can be computed, and what was measured, under the paper's names. */
import { join } from 'node:path';
import { loadNetwork } from '../../runtime/model/load.ts';
import type { Transfer } from '../../runtime/schedule/transfer.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { ReproducedPanel, ReproducedSpeedup, Reproduction } from '../results/reproduction.ts';
import { computePanels, type Panels } from './arithmetic.ts';
import { judgeClaims } from './claims.ts';
import { PAPER_PLAIN_SECONDS } from './devices.ts';
import { type PaperPanel, paperFigure, readPaperFigures, type Values } from './figures.ts';

const MODEL = join(PACKAGE_ROOT, 'experiments', 'models', 'yolov2.cfg');

/** What was measured for a figure. */
export interface Measured {
  readonly panels: Panels;
  /** The plain, unpartitioned layers on one device, in the latency panel's unit. */
  readonly plain: number | undefined;
  /** How frames and halos travelled; absent where nothing did. */
  readonly transfer?: Transfer;
  /** On what, in words. */
  readonly setting: readonly string[];
}

/**
 * @param measured undefined: arithmetic alone
 * Rejects with a TilebedError (INPUT) for a figure that nobody has.
 */
export async function reproduce(name: string, measured?: Measured): Promise<Reproduction> {
  const figures = await readPaperFigures();
  const figure = paperFigure(figures, name);
  const computed = computePanels(name, await loadNetwork(MODEL));
  const panels = figure.panels.flatMap((panel): ReproducedPanel[] => {
    const { id, title } = panel;
    const own = measured?.panels[id];
    const calculated = computed[id];
    if (own === undefined) return [beside(panel, calculated ?? {}, 'arithmetic')];
    if (calculated === undefined) return [beside(panel, own, 'measurement')];
    return [
      beside(panel, calculated, 'arithmetic'),
      {
        ...beside(panel, own, 'measurement'),
        id: `${id}-measured`,
        title: `${title}, on the wire here`,
      },
    ];
  });
  return {
    figure: name,
    title: figure.title,
    source: figures.source,
    madeAt: new Date().toISOString(),
    setting: measured?.setting ?? ['Computed from the network alone: nothing was run.'],
    panels,
    claims: judgeClaims(name, panels, measured?.transfer),
    speedups: measured?.plain === undefined ? [] : speedups(panels, measured.plain),
  };
}

/** Curves that the paper does not have stand behind its own. */
function beside(
  { id, title, unit, x, series: theirs }: PaperPanel,
  values: Panels[string],
  how: ReproducedPanel['how'],
): ReproducedPanel {
  const none = x.labels.map(() => null);
  const names = new Set([...Object.keys(theirs), ...Object.keys(values)]);
  const series = [...names].map((name) => ({
    name,
    paper: theirs[name] ?? none,
    ours: values[name] ?? none,
  }));
  return { id, title, unit, x, how, series };
}

/** Of every point of a panel of latencies by devices. */
function speedups(panels: readonly ReproducedPanel[], plain: number): ReproducedSpeedup[] {
  const latency = panels.find(({ id, x }) => id === 'latency' && x.title === 'devices');
  if (latency === undefined) return [];
  return latency.series.flatMap(({ name, paper, ours }) =>
    latency.x.labels.flatMap((devices, index): ReproducedSpeedup[] => {
      if (index === 0 || ours[index] === null) return [];
      return [
        {
          name: `${name}, ${devices} devices`,
          overOneDevice: { paper: over(paper, 0, index), ours: over(ours, 0, index) },
          overPlain: {
            paper: ratio(PAPER_PLAIN_SECONDS, paper[index]),
            ours: ratio(plain, ours[index]),
          },
        },
      ];
    }),
  );
}

function over(values: Values, base: number, index: number): number | null {
  return ratio(values[base], values[index]);
}

function ratio(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined || b === null || b === undefined ? null : a / b;
}
