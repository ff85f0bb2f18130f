/** The charts as one SVG document, for slides and papers: makespans, memory, and a timeline a point. */
import { FILE_CHART_STYLE } from './chart-style.ts';
import { comparisonCharts } from './charts.ts';
import { ChoosableTrials } from './choose.ts';
import { svgDocument } from './drawing.ts';
import { pointName } from './point.ts';
import type { Results } from './read.ts';
import { summarize } from './summary.ts';
import { timeline } from './timeline.ts';

const MAXIMUM_BARS = 4000;

export function renderSvg(results: Results): string {
  const { points } = summarize(results);
  const { manifest } = results;
  const choosable = new ChoosableTrials(results);
  const timelines = points.flatMap((point) => {
    const chosen = choosable.traced(point);
    if (chosen === undefined) return [];
    const { trial, trace, line } = chosen;
    return [
      timeline(trace, {
        title: `Timeline of ${pointName(point.parameters)}: repetition ${trial.repetition}, ${trial.status}, line ${line}`,
        roleOf: (node) => manifest.nodes[node]?.role,
        maximumBars: MAXIMUM_BARS,
      }),
    ];
  });
  const title = `${manifest.experiment.name} on ${manifest.testbed.name}`;
  return svgDocument(
    title,
    points.length === 0 ? [] : [...comparisonCharts(points), ...timelines],
    FILE_CHART_STYLE,
  );
}
