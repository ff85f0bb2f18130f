/** The charts over all points, then each point's own: memory, traffic and tiles of its nodes, and the
 * timeline of one of its trials. Where there are several, a select box turns from one to the next. */
import { STRATEGIES, type StrategyName, usesAxis } from '../../runtime/schedule/strategies.ts';
import { comparisonCharts, nodeMemoryChart, tilesChart, trafficChart } from '../charts.ts';
import { ChoosableTrials } from '../choose.ts';
import type { Drawing } from '../drawing.ts';
import { EFFECT_HEADERS, effectRows } from '../effects.ts';
import { type Markup, markup } from '../markup.ts';
import { partitionView } from '../partition-view.ts';
import { pointName, pointNames } from '../point.ts';
import { type BestSpeeds, bestSpeeds } from '../prediction.ts';
import { queueChart } from '../queue-chart.ts';
import type { Results } from '../read.ts';
import type { PointSummary, Summary } from '../summary.ts';
import { timeline } from '../timeline.ts';
import { breakingAtCommas, figure, section, table } from './elements.ts';
import { nodesTable } from './nodes-table.ts';
import { predictionOf, timeUseOf } from './time-use.ts';

/** Bars of all timelines together: about four megabytes. */
const MAXIMUM_BARS = 16_000;
const MAXIMUM_BARS_A_TIMELINE = 4000;

export function chartsSection(results: Results, { points }: Summary): Markup {
  const charts = comparisonCharts(points).map((chart) => figure(chart));
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
  const room: PanelRoom = {
    results,
    choosable: new ChoosableTrials(results),
    speeds: bestSpeeds(points, results.manifest),
    maximumBars,
  };
  const panels = points.map((point, index) => panel(room, point, index));
  return section('points', 'Each point, node by node', markup`${select}${panels}`);
}

/** What the panels of all points share. */
interface PanelRoom {
  readonly results: Results;
  readonly choosable: ChoosableTrials;
  readonly speeds: BestSpeeds;
  /** Of each timeline. */
  readonly maximumBars: number;
}

function panel(room: PanelRoom, point: PointSummary, index: number): Markup {
  const { results, speeds } = room;
  const name = pointName(point.parameters);
  const content =
    point.nodes.length === 0
      ? markup`<p>No run of this point ${point.invalid > 0 ? 'was valid' : 'came to an end'}, so there is nothing to show of its nodes.</p>`
      : markup`${charts(room, point)}${nodesTable(point.nodes)}${predictionOf(results, point, speeds)}${timelineOf(room, point)}`;
  return markup`<div class="point" data-point="${index}"><h3>${name}</h3>\n${content}</div>\n`;
}

function charts({ results, choosable }: PanelRoom, point: PointSummary): Markup {
  // The host gives the start signal and takes results: a bar of it would say nothing.
  const nodes = point.nodes.filter(({ role }) => role !== 'host');
  const drawings = [
    nodeMemoryChart(nodes),
    trafficChart(nodes),
    tilesChart(nodes),
    ...tilesOf(results, point),
    ...queueOf(choosable, point),
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
function queueOf(choosable: ChoosableTrials, point: PointSummary): Drawing[] {
  const chosen = choosable.any(point);
  const drawing = chosen && queueChart(chosen.trial);
  if (drawing === undefined) return [];
  const { trial, line } = chosen!;
  const description = `${drawing.description} Repetition ${trial.repetition} (line ${line}).`;
  return [{ ...drawing, description }];
}

function timelineOf({ results, choosable, maximumBars }: PanelRoom, point: PointSummary): Markup {
  const chosen = choosable.traced(point);
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
