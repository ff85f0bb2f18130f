/** The charts over all points, then each point's own: memory, traffic and tiles of its nodes, and the
 * timeline of one of its trials. Where there are several, a select box turns from one to the next. */
import { STRATEGIES, type StrategyName, usesAxis } from '../../runtime/schedule/strategies.ts';
import {
  edgeMemoryChart,
  loadChart,
  makespanChart,
  nodeMemoryChart,
  speedupChart,
  tilesChart,
  trafficChart,
} from '../charts.ts';
import { chooseRecord, chooseTrial } from '../choose.ts';
import type { Drawing } from '../drawing.ts';
import { EFFECT_HEADERS, effectRows } from '../effects.ts';
import { type Markup, markup } from '../markup.ts';
import { partitionView } from '../partition-view.ts';
import { pointName, pointNames } from '../point.ts';
import { queueChart } from '../queue-chart.ts';
import type { Results } from '../read.ts';
import type { PointSummary, Summary } from '../summary.ts';
import { timeline } from '../timeline.ts';
import { trendCharts } from '../trend-chart.ts';
import { breakingAtCommas, figure, section, table } from './elements.ts';
import { nodesTable } from './nodes-table.ts';
import { predictionOf, timeUseOf } from './time-use.ts';

/** Bars of all timelines together: about four megabytes. */
const MAXIMUM_BARS = 16_000;
const MAXIMUM_BARS_A_TIMELINE = 4000;

export function chartsSection(results: Results, { points }: Summary): Markup {
  const charts = [
    makespanChart(points),
    speedupChart(points),
    ...trendCharts(points),
    loadChart(points),
    edgeMemoryChart(points),
  ].flatMap((chart) => (chart === undefined ? [] : [figure(chart)]));
  return section(
    'charts',
    'Points compared',
    markup`<div class="charts">${charts}</div>${effects(results)}`,
  );
}

/** How far points lie apart, beside how far their repetitions do. */
function effects(results: Results): Markup {
  const rows = effectRows(results);
  if (rows.length === 0) return markup``;
  return table({
    caption:
      'Every point beside the shortest one with the same frames: ratio of medians, and effect size',
    columns: EFFECT_HEADERS.map((title, column) => ({
      title,
      numeric: column > 0 && title !== 'Effect',
      cell: (row: readonly string[]) =>
        column === 0 ? breakingAtCommas(row[column]!) : row[column],
    })),
    rows,
  });
}

export function pointsSection(results: Results, { points }: Summary): Markup {
  const { names } = pointNames(points.map(({ parameters }) => parameters));
  const options = names.map((name, index) => markup`<option value="${index}">${name}</option>`);
  const select =
    points.length < 2
      ? undefined
      : markup`<p class="choice" hidden><label for="point">Point</label> <select id="point">${options}</select></p>\n`;
  const maximumBars = Math.min(
    MAXIMUM_BARS_A_TIMELINE,
    Math.floor(MAXIMUM_BARS / Math.max(1, points.length)),
  );
  const panels = points.map((_, index) => panel(results, points, index, maximumBars));
  return section('points', 'Each point, node by node', markup`${select}${panels}`);
}

function panel(
  results: Results,
  points: readonly PointSummary[],
  index: number,
  maximumBars: number,
): Markup {
  const point = points[index]!;
  const name = pointName(point.parameters);
  const content =
    point.nodes.length === 0
      ? markup`<p>No run of this point came to an end, so there is nothing to show of its nodes.</p>`
      : markup`${charts(results, point)}${nodesTable(point.nodes)}${predictionOf(results, point, points)}${timelineOf(results, point, maximumBars)}`;
  return markup`<div class="point" data-point="${index}"><h3>${name}</h3>\n${content}</div>\n`;
}

function charts(results: Results, point: PointSummary): Markup {
  // The host gives the start signal and takes results: a bar of it would say nothing.
  const nodes = point.nodes.filter(({ role }) => role !== 'host');
  const drawings = [
    nodeMemoryChart(nodes),
    trafficChart(nodes),
    tilesChart(nodes),
    ...tilesOf(results, point),
    ...queueOf(results, point),
  ];
  return markup`<div class="charts">${drawings.map((drawing) => figure(drawing))}</div>`;
}

/** Of strategies that cut frames into tiles of a grid. */
function tilesOf({ network }: Results, { parameters }: PointSummary): Drawing[] {
  const { grid, fusedLayers, strategy, reuse } = parameters;
  const gridCounts =
    Object.hasOwn(STRATEGIES, strategy) &&
    usesAxis({ name: strategy as StrategyName, reuse }, 'grid');
  if (network === undefined || !gridCounts) return [];
  const view = partitionView(network, grid, fusedLayers);
  return view === undefined ? [] : [view];
}

/** Of one repetition: queues of several would hide each other. */
function queueOf(results: Results, point: PointSummary): Drawing[] {
  const chosen = chooseRecord(results, point);
  const drawing = chosen && queueChart(chosen.trial);
  if (drawing === undefined) return [];
  const { trial, line } = chosen!;
  const description = `${drawing.description} Repetition ${trial.repetition} (line ${line}).`;
  return [{ ...drawing, description }];
}

function timelineOf(results: Results, point: PointSummary, maximumBars: number): Markup {
  const chosen = chooseTrial(results, point);
  if (chosen === undefined)
    return markup`<p>No trial of this point has a trace, so no timeline.</p>`;
  const { trial, trace, line } = chosen;
  const drawing = timeline(trace, {
    title: `Timeline of repetition ${trial.repetition}`,
    roleOf: (node) => results.manifest.nodes[node]?.role,
    maximumBars,
  });
  const description = `Point at a bar to see what it is. ${drawing.description} Of this point’s traced trials, it is the ${trial.status} one whose makespan is nearest to the median (line ${line}).`;
  return markup`${timeUseOf(results, chosen)}${figure({ ...drawing, description }, true)}`;
}
