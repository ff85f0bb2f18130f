/** A reproduced figure's charts as one SVG document, for slides and papers. */
import type { Reproduction } from '../../harness/results/reproduction.ts';
import { FILE_CHART_STYLE } from '../chart-style.ts';
import { svgDocument } from '../drawing.ts';
import { panelCharts } from './curve-chart.ts';

export function reproductionSvg({ figure, title, panels }: Reproduction): string {
  return svgDocument(`${title} (${figure})`, panels.flatMap(panelCharts), FILE_CHART_STYLE);
}
