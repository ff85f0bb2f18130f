/** The report as GitHub-flavoured Markdown, for notes and pull requests: tables, no pictures. */
import { differenceText, matchedText } from './accuracy.ts';
import { driftOf, driftText } from './drift.ts';
import { EFFECT_HEADERS, effectRows } from './effects.ts';
import { ENERGY_HEADERS, ENERGY_NOTE, energyRows } from './energy.ts';
import { experimentFacts, METHOD, NODE_HEADERS, nodeRows, warningsOf } from './facts.ts';
import { LINK_HEADERS, LINK_NOTE, linkRows } from './links.ts';
import { visible } from './markup.ts';
import type { NodeSummary } from './node-summary.ts';
import { durationText, durationUnit, inUnit, MEBIBYTES, significant } from './numbers.ts';
import { PLAN_HEADERS, planRows } from './plans.ts';
import { pointNames } from './point.ts';
import { queueText } from './queue.ts';
import { type Results, trialLines } from './read.ts';
import { RECOVERY_HEADERS, recoveryRows } from './recoveries.ts';
import type { Interval } from './statistics.ts';
import { type PointSummary, summarize } from './summary.ts';
import { runsText, withInterval } from './table.ts';

const PLAIN = { name: '', size: 1 };

export function renderMarkdown(results: Results): string {
  const { manifest } = results;
  const summary = summarize(results);
  const warnings = warningsOf(results, summary);
  const recoveries = recoveryRows(results);
  const plans = planRows(results);
  const links = linkRows(results);
  const energy = energyRows(results);
  const drift = driftOf(results);
  const effects = effectRows(results);
  const { shared } = pointNames(summary.points.map(({ parameters }) => parameters));
  const sections = [
    `# ${escaped(manifest.experiment.name)} on ${escaped(manifest.testbed.name)}`,
    ...(manifest.experiment.description === undefined
      ? []
      : [escaped(manifest.experiment.description)]),
    experimentFacts(results)
      .map(({ term, detail }) => `- **${term}**: ${escaped(detail)}`)
      .join('\n'),
    table(NODE_HEADERS, nodeRows(results)),
    ...(links.length === 0 ? [] : [table(LINK_HEADERS, links), LINK_NOTE]),
    '## Summary',
    `Medians, with 95 % intervals in brackets${shared === '' ? '' : `; all with ${escaped(shared)}`}.`,
    summaryTable(summary.points),
    ...(effects.length === 0
      ? []
      : [
          'Every point beside the shortest one with the same frames:',
          table(EFFECT_HEADERS, effects),
        ]),
    '## Nodes',
    nodesTable(summary.points),
    ...(energy.length === 0 ? [] : ['## Energy', ENERGY_NOTE, table(ENERGY_HEADERS, energy)]),
    ...(recoveries.length === 0
      ? []
      : [
          '## What happened to nodes',
          'Times but the first count from the moment at which it happened.',
          table(RECOVERY_HEADERS, recoveries),
        ]),
    ...(plans.length === 0 ? [] : ['## Plans', table(PLAN_HEADERS, plans)]),
    ...(drift === undefined ? [] : ['## Through the run', escaped(driftText(drift))]),
    '## Trials',
    trialsTable(results),
    ...(warnings.length === 0
      ? []
      : ['## Warnings', warnings.map((warning) => `- ${escaped(warning)}`).join('\n')]),
    '## How it was measured',
    METHOD.map(({ term, detail }) => `- **${escaped(term)}**: ${escaped(detail)}`).join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

interface SummaryColumn {
  readonly title: string;
  /** Undefined: the point has no such figure. A column that no point has is left out. */
  readonly cell: (point: PointSummary, name: string) => string | undefined;
}

const SUMMARY: readonly SummaryColumn[] = [
  { title: 'point', cell: (_, name) => name },
  { title: 'runs', cell: runsText },
  { title: 'makespan', cell: ({ makespanMs }) => makespanMs && durationInterval(makespanMs) },
  {
    title: 'speedup over one edge',
    cell: ({ overOneEdge }) => overOneEdge && withInterval(overOneEdge, PLAIN),
  },
  {
    title: 'speedup over local',
    cell: ({ overLocal }) => overLocal && withInterval(overLocal, PLAIN),
  },
  { title: 'offered frames/s', cell: ({ queue }) => queue && significant(queue.offeredFps) },
  {
    title: 'frames/s',
    cell: ({ throughputFps }) => throughputFps && withInterval(throughputFps, PLAIN),
  },
  { title: 'queue of arrivals', cell: ({ queue }) => queue && queueText(queue) },
  { title: 'latency', cell: ({ latencyMs }) => latencyMs && durationInterval(latencyMs) },
  {
    title: 'largest difference from float32',
    cell: ({ accuracy }) => accuracy && differenceText(accuracy),
  },
  { title: 'detections of float32', cell: ({ accuracy }) => accuracy && matchedText(accuracy) },
  {
    title: 'edge process peak MiB',
    cell: ({ memory }) => mebibytes(memory.edge?.processPeakBytes.median),
  },
  { title: 'edge engine MiB', cell: ({ memory }) => mebibytes(memory.edge?.engineBytes.median) },
  {
    title: 'gateway process peak MiB',
    cell: ({ memory }) => mebibytes(memory.gateway?.processPeakBytes.median),
  },
  {
    title: 'gateway engine MiB',
    cell: ({ memory }) => mebibytes(memory.gateway?.engineBytes.median),
  },
  {
    title: 'operations of edges, 10⁹ a frame',
    cell: ({ operationsPerFrame }) =>
      operationsPerFrame && significant(operationsPerFrame.median / 1e9),
  },
  { title: 'sent MiB', cell: ({ bytesSent }) => mebibytes(bytesSent?.median) },
];

function summaryTable(points: readonly PointSummary[]): string {
  const { names } = pointNames(points.map(({ parameters }) => parameters));
  const columns = SUMMARY.filter(({ cell }) =>
    points.some((point) => cell(point, 'name') !== undefined),
  );
  return table(
    columns.map(({ title }) => title),
    points.map((point, index) => columns.map(({ cell }) => cell(point, names[index]!) ?? '')),
  );
}

function durationInterval(interval: Interval): string {
  return withInterval(interval, durationUnit([interval.median]));
}

interface NodeColumn {
  readonly title: string;
  readonly cell: (node: NodeSummary) => string | undefined;
}

/** A column that no node has is left out. */
const NODES: readonly NodeColumn[] = [
  { title: 'node', cell: ({ node }) => node },
  { title: 'process peak MiB', cell: ({ processPeakBytes }) => mebibytes(processPeakBytes) },
  { title: 'engine MiB', cell: ({ engineBytes }) => mebibytes(engineBytes) },
  { title: 'CPU s', cell: ({ cpuSeconds }) => significant(cpuSeconds) },
  { title: 'sent MiB', cell: ({ bytesSent }) => mebibytes(bytesSent) },
  { title: 'received MiB', cell: ({ bytesReceived }) => mebibytes(bytesReceived) },
  { title: 'tiles computed', cell: ({ tilesComputed }) => String(tilesComputed) },
  { title: 'of them stolen', cell: ({ tilesStolen }) => String(tilesStolen) },
  { title: 'reissued', cell: ({ tilesReissued }) => String(tilesReissued) },
  {
    title: '10⁹ operations',
    cell: ({ multiplyAccumulates }) => positive(multiplyAccumulates / 1e9),
  },
  {
    title: 'halos reused MiB',
    cell: ({ haloBytesReused }) => positive(haloBytesReused / MEBIBYTES.size),
  },
  {
    title: 'of them received MiB',
    cell: ({ haloBytesReceived }) => positive(haloBytesReceived / MEBIBYTES.size),
  },
  { title: 'queue of arrivals', cell: ({ queue }) => queue && queueText(queue) },
];

function nodesTable(points: readonly PointSummary[]): string {
  const { names } = pointNames(points.map(({ parameters }) => parameters));
  const columns = NODES.filter(({ cell }) =>
    points.some(({ nodes }) => nodes.some((node) => cell(node) !== undefined)),
  );
  const rows = points.flatMap(({ nodes }, index) =>
    nodes.map((node) => [names[index]!, ...columns.map(({ cell }) => cell(node) ?? '')]),
  );
  return table(['point', ...columns.map(({ title }) => title)], rows);
}

function positive(value: number): string | undefined {
  return value > 0 ? significant(value) : undefined;
}

function trialsTable(results: Results): string {
  const { trials } = results;
  const lines = trialLines(results);
  const { names } = pointNames(trials.map(({ parameters }) => parameters));
  const headers = ['line', 'order', 'point', 'repetition', 'status', 'makespan', 'remarks'];
  const rows = trials.map((trial, index) => [
    String(lines[index]!),
    String(trial.order),
    names[index]!,
    String(trial.repetition),
    trial.status,
    trial.makespanMs === undefined ? '' : durationText(trial.makespanMs),
    [...(trial.error === undefined ? [] : [trial.error]), ...(trial.reasons ?? [])].join('; '),
  ]);
  return table(headers, rows);
}

function mebibytes(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : inUnit(bytes, MEBIBYTES);
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [lineOf(headers), `|${' --- |'.repeat(headers.length)}`, ...rows.map(lineOf)].join('\n');
}

/** As text: no markup of Markdown or HTML, and one line. */
function escaped(text: string): string {
  return visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~&$]/g, '\\$&');
}
