/** Predictions beside what was measured, in a terminal. */
import type { Against, ComparedPoint } from './against.ts';
import { pointNames } from './point.ts';
import { plainTable } from './table.ts';

const HEADERS = [
  'point',
  'measured ms',
  'predicted ms',
  'ratio',
  'compute',
  'transfer',
  'wait',
  '',
];

export function againstText({ points, ...found }: Against): string {
  if (points.length === 0) return 'none of these points was measured';
  const { names, shared } = pointNames(points.map(({ parameters }) => parameters));
  const align = ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'] as const;
  const rows = points.map((point, index) => cells(names[index]!, point));
  return [
    `latency of a frame, and what of it is predicted too long (+) or too short (-), ms${shared === '' ? '' : `: ${shared}`}`,
    plainTable(HEADERS, rows, { align }),
    conclusion(found, points),
  ].join('\n');
}

function cells(name: string, { measuredMs, predictedMs, ratio, isFitted, off }: ComparedPoint) {
  return [
    name,
    measuredMs.toFixed(0),
    predictedMs.toFixed(0),
    ratio.toFixed(3),
    ...[off.compute, off.transfer, off.wait].map(signed),
    isFitted ? 'times are from here' : '',
  ];
}

function signed(ms: number): string {
  return `${ms < 0 ? '' : '+'}${ms.toFixed(0)}`;
}

function conclusion(
  { medianDeviation, largestDeviation, worstTerm }: Omit<Against, 'points'>,
  points: readonly ComparedPoint[],
): string {
  if (medianDeviation === undefined)
    return 'every point was used to take times from: nothing is predicted';
  const free = points.filter(({ isFitted }) => !isFitted).length;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${free} points predicted: median deviation ${percent(medianDeviation)}, largest ${percent(largestDeviation ?? 0)}; ${worstTerm} is furthest off`;
}
