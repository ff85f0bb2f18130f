/**
 * What becomes of a frame's latency as one axis of the matrix grows: more edges, more sources, more fused
 * layers. A line for each combination of the other parameters.
 */
import type { Parameters } from '../harness/results/format.ts';
import type { Drawing } from './drawing.ts';
import { type Group, groupBy } from './group.ts';
import { type Line, lineChart, lineKey } from './line-chart.ts';
import { durationUnit } from './numbers.ts';
import { ignoresAxis, pointKey, pointNames } from './point.ts';
import type { PointSummary } from './summary.ts';
import { withInterval } from './table.ts';

const AXES = {
  edges: 'edges',
  sources: 'sources',
  fusedLayers: 'fused layers',
} as const satisfies Partial<Record<keyof Parameters, string>>;

type Axis = keyof typeof AXES;

/** Two values are told by the bars of any other chart. */
const LEAST_VALUES = 3;
/** More in one chart hide each other: grids then get charts of their own. */
const MOST_LINES = 6;
/** Nobody tells more from each other: they get no chart. */
const READABLE_LINES = 12;

/** One for each axis with three values or more; where there are many lines, one for each of its grids. */
export function trendCharts(points: readonly PointSummary[]): readonly Drawing[] {
  const timed = points.filter(({ latencyMs }) => latencyMs !== undefined);
  return (Object.keys(AXES) as Axis[]).flatMap((axis) => {
    const growing = timed.filter(({ parameters }) => !ignoresAxis(parameters, axis));
    const values = [...new Set(growing.map(({ parameters }) => positionOn(parameters, axis)))];
    if (values.length < LEAST_VALUES) return [];
    values.sort((a, b) => a - b);
    return lineGroups(timed, axis).map((group) => trendChart(group, axis, values));
  });
}

function trendChart({ name, lines }: LineGroup, axis: Axis, values: readonly number[]): Drawing {
  const points = lines.flat();
  const unit = durationUnit(points.map(({ latencyMs }) => latencyMs!.median));
  const inIt = (valueMs: number) => valueMs / unit.size;
  const { names, shared } = pointNames(
    lines.map(([{ parameters }]) => parameters),
    axis,
  );
  const alike = lines.map(([{ parameters }]) => ignoresAxis(parameters, axis));
  const dashed = alike.includes(true) ? ` Dashed: the same for any ${AXES[axis]}.` : '';
  return lineChart({
    title: `Latency by ${AXES[axis]}${name === '' ? '' : `, ${name}`}`,
    description: `Of a frame, in ${unit.name}: median and 95 % interval${shared === '' ? '' : `; all with ${shared}`}.${dashed}`,
    x: { title: AXES[axis], labels: values.map(String) },
    legend: names.map((line, style) => lineKey(style, line)),
    lines: lines.map((line, style): Line => {
      const at = values.map((value) =>
        alike[style]
          ? line[0]
          : line.find(({ parameters }) => positionOn(parameters, axis) === value),
      );
      return {
        style,
        dashed: alike[style]!,
        values: at.map((point) => (point === undefined ? null : inIt(point.latencyMs!.median))),
        intervals: at.map((point) => {
          const { low, high } = point?.latencyMs ?? {};
          if (low === undefined || high === undefined) return null;
          return { low: inIt(low), high: inIt(high) };
        }),
        tip: (position) => {
          const { latencyMs } = at[position]!;
          return `${names[style]}, ${AXES[axis]} ${values[position]}: ${withInterval(latencyMs!, unit)}`;
        },
      };
    }),
  });
}

/** Points that differ in nothing but the axis. */
type PointLine = Readonly<Group<PointSummary>>;

interface LineGroup {
  /** The grid whose lines these are; empty where all lines stand together. */
  readonly name: string;
  readonly lines: readonly PointLine[];
}

/** Lines that are read together: all, or those of one grid with those of none. Too many are left out. */
function lineGroups(points: readonly PointSummary[], axis: Axis): readonly LineGroup[] {
  return allGroups(points, axis).filter(({ lines }) => lines.length <= READABLE_LINES);
}

function allGroups(points: readonly PointSummary[], axis: Axis): readonly LineGroup[] {
  const key = ({ parameters }: PointSummary) => pointKey({ ...parameters, [axis]: 0 });
  const lines = [...groupBy(points, key).values()];
  const gridOf = ([{ parameters }]: PointLine) =>
    ignoresAxis(parameters, 'grid') ? undefined : parameters.grid;
  const grids = new Set(lines.flatMap((line) => gridOf(line) ?? []));
  if (lines.length <= MOST_LINES || grids.size < 2) return [{ name: '', lines }];
  return [...grids].map((name) => ({
    name,
    lines: lines.filter((line) => [name, undefined].includes(gridOf(line))),
  }));
}

function positionOn(parameters: Parameters, axis: Axis): number {
  return parameters[axis] ?? 1;
}
