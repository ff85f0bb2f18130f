/** Whether the machine changed meanwhile; nothing where too little ran to tell. */
import { driftOf } from '../drift.ts';
import { driftChart } from '../drift-chart.ts';
import { type Markup, markup } from '../markup.ts';
import type { Results } from '../read.ts';
import { figure, section } from './elements.ts';

export function driftSection(results: Results): Markup {
  const drift = driftOf(results);
  if (drift === undefined) return markup``;
  return section('drift', 'Through the run', figure(driftChart(drift)));
}
