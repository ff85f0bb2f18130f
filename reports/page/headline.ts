/** The few figures that a reader looks for first. */
import type { Estimate } from '../estimate.ts';
import { type Markup, markup } from '../markup.ts';
import { durationUnit, inUnit, MEBIBYTES, mebibytesText, significant } from '../numbers.ts';
import { pointNames } from '../point.ts';
import type { PointSummary, Summary } from '../summary.ts';

interface Card {
  readonly title: string;
  readonly value: string;
  readonly unit?: string;
  readonly detail: string;
}

export function headline({ points }: Summary): Markup {
  const { names } = pointNames(points.map(({ parameters }) => parameters));
  const nameOf = (point: PointSummary) => (points.length > 1 ? names[points.indexOf(point)]! : '');
  const cards = [
    ...makespanCard(points, nameOf),
    ...speedupCard(points, nameOf),
    ...throughputCard(points, nameOf),
    ...memoryCard(points, nameOf),
    ...stolenCard(points, nameOf),
    trialsCard(points),
  ].map(
    ({ title, value, unit, detail }) =>
      markup`<li><h3>${title}</h3><p class="figure">${value}${unit === undefined ? undefined : markup` <small>${unit}</small>`}</p><p>${detail}</p></li>`,
  );
  return markup`<ul class="cards" aria-label="Headline figures">${cards}</ul>\n`;
}

type NameOf = (point: PointSummary) => string;

function makespanCard(points: readonly PointSummary[], nameOf: NameOf): Card[] {
  const best = least(points, ({ makespanMs }) => makespanMs?.median);
  if (best?.makespanMs === undefined) return [];
  const unit = durationUnit([best.makespanMs.median]);
  return [
    {
      title: points.length > 1 ? 'Shortest makespan' : 'Makespan',
      value: inUnit(best.makespanMs.median, unit),
      unit: unit.name,
      detail: joined(
        nameOf(best),
        intervalText(best.makespanMs, (value) => inUnit(value, unit)),
      ),
    },
  ];
}

/** The greatest over the plain network where that was run, and what the point gains over one edge. */
function speedupCard(points: readonly PointSummary[], nameOf: NameOf): Card[] {
  const over = points.some(({ overLocal }) => overLocal !== undefined)
    ? ({ overLocal }: PointSummary) => overLocal?.median
    : ({ overOneEdge }: PointSummary) => overOneEdge?.median;
  const best = least(points, (point) => {
    const speedup = over(point);
    return speedup === undefined ? undefined : -speedup;
  });
  if (best === undefined) return [];
  const { overLocal, overOneEdge } = best;
  const one = overOneEdge && `${significant(overOneEdge.median)} over its own run on one edge`;
  return [
    {
      title: overLocal === undefined ? 'Speedup over one edge' : 'Highest speedup over local',
      value: significant(over(best)!),
      unit: 'times',
      detail: joined(nameOf(best), overLocal !== undefined && one ? one : ''),
    },
  ];
}

function throughputCard(points: readonly PointSummary[], nameOf: NameOf): Card[] {
  const best = least(points, ({ throughputFps }) =>
    throughputFps === undefined ? undefined : -throughputFps.median,
  );
  if (best?.throughputFps === undefined) return [];
  return [
    {
      title: points.length > 1 ? 'Highest throughput' : 'Throughput',
      value: significant(best.throughputFps.median),
      unit: 'frames/s',
      detail: joined(nameOf(best), intervalText(best.throughputFps, significant)),
    },
  ];
}

function memoryCard(points: readonly PointSummary[], nameOf: NameOf): Card[] {
  const best = least(points, ({ memory }) => memory.edge?.processPeakBytes.median);
  const edge = best?.memory.edge;
  if (best === undefined || edge === undefined) return [];
  return [
    {
      title: points.length > 1 ? 'Least edge memory' : 'Edge memory',
      value: inUnit(edge.processPeakBytes.median, MEBIBYTES),
      unit: 'MiB',
      detail: joined(
        nameOf(best),
        `process at its peak; the engine holds ${mebibytesText(edge.engineBytes.median)} of it`,
      ),
    },
  ];
}

function stolenCard(points: readonly PointSummary[], nameOf: NameOf): Card[] {
  const best = least(points, ({ makespanMs }) => makespanMs?.median);
  if (best === undefined) return [];
  const sum = (field: 'tilesComputed' | 'tilesStolen') =>
    best.nodes.reduce((total, node) => total + node[field], 0);
  if (sum('tilesComputed') === 0) return [];
  return [
    {
      title: 'Tiles stolen',
      value: significant((100 * sum('tilesStolen')) / sum('tilesComputed')),
      unit: '%',
      detail: joined(nameOf(best), `${sum('tilesStolen')} of ${sum('tilesComputed')}`),
    },
  ];
}

function trialsCard(points: readonly PointSummary[]): Card {
  const count = (status: 'ok' | 'degraded' | 'failed' | 'invalid') =>
    points.reduce((total, point) => total + point[status], 0);
  return {
    title: 'Trials',
    value: String(count('ok') + count('degraded') + count('failed') + count('invalid')),
    detail: `${count('ok')} ok, ${count('degraded')} degraded, ${count('failed')} failed${count('invalid') > 0 ? `, ${count('invalid')} invalid` : ''}`,
  };
}

/** The point whose figure is the smallest, of those that have one. */
function least(
  points: readonly PointSummary[],
  figureOf: (point: PointSummary) => number | undefined,
): PointSummary | undefined {
  const ranked = points.flatMap((point) => {
    const figure = figureOf(point);
    return figure === undefined ? [] : [{ point, figure }];
  });
  return ranked.sort((a, b) => a.figure - b.figure)[0]?.point;
}

function intervalText({ low, high, count }: Estimate, text: (value: number) => string): string {
  if (low === undefined || high === undefined) return 'one repetition: no interval';
  return `95 %: ${text(low)} to ${text(high)}, n = ${count}`;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('; ');
}
