/** Every line of trials.jsonl, so that each figure can be traced to what it was made of. */
import type { TrialRecord } from '../../harness/results/format.ts';
import { median } from '../../runtime/quantiles.ts';
import { timeText } from '../facts.ts';
import { type Markup, markup } from '../markup.ts';
import { durationUnit, inUnit, significant } from '../numbers.ts';
import { pointNames } from '../point.ts';
import { type Results, trialLines } from '../read.ts';
import { breakingAtCommas, section, table } from './elements.ts';

export function trialsSection(results: Results): Markup {
  const { trials } = results;
  const lines = trialLines(results);
  const { names } = pointNames(trials.map(({ parameters }) => parameters));
  const unit = durationUnit(trials.flatMap(({ makespanMs }) => makespanMs ?? []));
  const content = table({
    caption: 'Each line of trials.jsonl',
    columns: [
      { title: 'Line', numeric: true, cell: ({ index }) => lines[index] },
      { title: 'Order', numeric: true, cell: ({ trial }) => trial.order },
      { title: 'Point', cell: ({ index }) => breakingAtCommas(names[index]!) },
      { title: 'Repetition', numeric: true, cell: ({ trial }) => trial.repetition },
      {
        title: 'Status',
        cell: ({ trial: { status } }) => markup`<span class="status ${status}">${status}</span>`,
      },
      {
        title: 'Makespan',
        unit: unit.name,
        numeric: true,
        cell: ({ trial: { makespanMs } }) =>
          makespanMs === undefined ? '–' : inUnit(makespanMs, unit),
      },
      {
        title: 'Throughput',
        unit: 'frames/s',
        numeric: true,
        cell: ({ trial: { throughputFps } }) =>
          throughputFps === undefined ? '–' : significant(throughputFps),
      },
      {
        title: 'Median latency',
        unit: unit.name,
        numeric: true,
        cell: ({ trial: { frames } }) =>
          frames.length === 0 ? '–' : inUnit(median(frames.map((frame) => frame.latencyMs)), unit),
      },
      { title: 'Frames', numeric: true, cell: ({ trial }) => trial.frames.length },
      { title: 'Lost', numeric: true, cell: ({ trial }) => trial.lostFrames.length },
      {
        title: 'Started',
        cell: ({ trial: { startedAt } }) =>
          markup`<time datetime="${startedAt}">${timeText(startedAt)}</time>`,
      },
      {
        title: 'Remarks',
        cell: ({ trial }) => markup`<span class="remarks">${remarks(trial)}</span>`,
      },
    ],
    rows: trials.map((trial, index) => ({ trial, index })),
    idOf: ({ index }) => `line-${lines[index]}`,
  });
  return section('trials', 'Every trial', content);
}

function remarks({ error, reasons, lostFrames, verdict, reference }: TrialRecord): string {
  return [
    ...(reference === true ? ['reference: enters no median'] : []),
    ...(verdict === undefined ? [] : [verdict.verdict]),
    ...(error === undefined ? [] : [error]),
    ...(reasons ?? []),
    ...(verdict?.reasons.map(({ text }) => text) ?? []),
    ...lostFrames.map(({ source, frame, reason }) => `lost frame ${frame} of ${source}: ${reason}`),
  ].join('; ');
}
