/** Where one point's time went, node by node, and what was to be expected of it. */
import { barChart } from '../bar-chart.ts';
import type { ChosenTrial } from '../choose.ts';
import { type Markup, markup } from '../markup.ts';
import { durationUnit, inUnit, significant } from '../numbers.ts';
import {
  type BestSpeeds,
  largestDeviation,
  type NodePrediction,
  predictionsOf,
} from '../prediction.ts';
import type { Results } from '../read.ts';
import type { PointSummary } from '../summary.ts';
import { TIME_USES, type TimeUse, timeUses } from '../time-use.ts';
import { figure, table } from './elements.ts';

type Use = keyof typeof TIME_USES;

const USES = Object.keys(TIME_USES) as Use[];
/** As wide as a timeline. */
const WIDTH = 1100;

export function timeUseOf(results: Results, { trial, trace, line }: ChosenTrial): Markup {
  const { makespanMs, frames } = trial;
  if (makespanMs === undefined || frames.length === 0) return markup``;
  const uses = timeUses(trace, makespanMs, (node) => results.manifest.nodes[node]?.role);
  const shown = USES.filter((use) => uses.some(({ spentMs }) => spentMs[use] > 0));
  const perFrame = ({ spentMs }: TimeUse, use: Use) => spentMs[use] / frames.length;
  const unit = durationUnit([makespanMs / frames.length]);
  const chart = barChart({
    title: 'Where the time goes',
    description: `Milliseconds a frame, from the start signal to the last detections. Of what goes on at once, computing counts. Repetition ${trial.repetition} (line ${line}).`,
    unit,
    width: WIDTH,
    rows: uses.map(({ node }) => node),
    series: shown.map((use, index) => ({
      label: TIME_USES[use],
      short: use,
      // What waits is grey, whatever else is there.
      colour: use === 'wait' ? 'f6' : COLOURS[index % COLOURS.length]!,
      values: uses.map((one) => (one.spentMs[use] > 0 ? perFrame(one, use) : undefined)),
    })),
    stacked: true,
  });
  return figure(chart, true);
}

const COLOURS = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f7'] as const;

export function predictionOf(
  { manifest }: Results,
  point: PointSummary,
  speeds: BestSpeeds,
): Markup {
  const predictions = predictionsOf(point, speeds, manifest);
  const telling = predictions.filter(
    ({ computeMs, linkUse }) => computeMs !== undefined || linkUse !== undefined,
  );
  if (telling.length === 0) return markup``;
  const unit = durationUnit(telling.flatMap(({ computeMs }) => computeMs?.measured ?? []));
  const compute = (of: 'predicted' | 'measured') => ({
    title: `Compute ${of}`,
    unit: unit.name,
    numeric: true,
    cell: ({ computeMs }: NodePrediction) =>
      computeMs === undefined ? '–' : inUnit(computeMs[of], unit),
  });
  const rows = table({
    caption:
      'Predicted beside measured: a node’s operations at the best speed that nodes of its kind had at any point, and its bytes over what its link could carry',
    columns: [
      { title: 'Node', cell: ({ node }: NodePrediction) => node },
      compute('predicted'),
      compute('measured'),
      {
        title: 'Measured over predicted',
        unit: 'times',
        numeric: true,
        cell: ({ computeMs }: NodePrediction) =>
          computeMs === undefined ? '–' : significant(computeMs.measured / computeMs.predicted),
      },
      {
        title: 'Link use',
        unit: '%',
        numeric: true,
        cell: ({ linkUse }: NodePrediction) =>
          linkUse === undefined ? '–' : significant(100 * linkUse),
      },
    ],
    rows: telling,
  });
  const deviation = largestDeviation(telling);
  return markup`${rows}${deviation === undefined ? undefined : markup`<p>${deviation}</p>`}`;
}
