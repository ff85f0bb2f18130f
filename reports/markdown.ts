/** The report as GitHub-flavoured Markdown, for notes and pull requests: tables, no pictures. */
import { experimentFacts, METHOD, NODE_HEADERS, nodeRows, warningsOf } from './facts.ts';
import { visible } from './markup.ts';
import { durationText, durationUnit, inUnit, MEBIBYTES, significant } from './numbers.ts';
import { pointNames } from './point.ts';
import { type Results, trialLines } from './read.ts';
import { type PointSummary, summarize } from './summary.ts';
import { runsText, withInterval } from './table.ts';

const PLAIN = { name: '', size: 1 };

export function renderMarkdown(results: Results): string {
  const { manifest } = results;
  const summary = summarize(results);
  const warnings = warningsOf(results, summary);
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
    '## Summary',
    `Medians, with 95 % intervals in brackets${shared === '' ? '' : `; all with ${escaped(shared)}`}.`,
    summaryTable(summary.points),
    '## Nodes',
    nodesTable(summary.points),
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

function summaryTable(points: readonly PointSummary[]): string {
  const { names } = pointNames(points.map(({ parameters }) => parameters));
  const headers = [
    'point',
    'runs',
    'makespan',
    'frames/s',
    'latency',
    'edge process peak MiB',
    'edge engine MiB',
    'gateway process peak MiB',
    'gateway engine MiB',
    'sent MiB',
  ];
  const rows = points.map((point, index) => {
    const { makespanMs, throughputFps, latencyMs, memory, bytesSent } = point;
    return [
      names[index]!,
      runsText(point),
      makespanMs === undefined ? '' : withInterval(makespanMs, durationUnit([makespanMs.median])),
      throughputFps === undefined ? '' : withInterval(throughputFps, PLAIN),
      latencyMs === undefined ? '' : withInterval(latencyMs, durationUnit([latencyMs.median])),
      mebibytes(memory.edge?.processPeakBytes.median),
      mebibytes(memory.edge?.engineBytes.median),
      mebibytes(memory.gateway?.processPeakBytes.median),
      mebibytes(memory.gateway?.engineBytes.median),
      mebibytes(bytesSent?.median),
    ];
  });
  return table(headers, rows);
}

function nodesTable(points: readonly PointSummary[]): string {
  const { names } = pointNames(points.map(({ parameters }) => parameters));
  const headers = [
    'point',
    'node',
    'process peak MiB',
    'engine MiB',
    'CPU s',
    'sent MiB',
    'received MiB',
    'tiles computed',
    'of them stolen',
    'reissued',
  ];
  const rows = points.flatMap(({ nodes }, index) =>
    nodes.map((node) => [
      names[index]!,
      node.node,
      mebibytes(node.processPeakBytes),
      mebibytes(node.engineBytes),
      significant(node.cpuSeconds),
      mebibytes(node.bytesSent),
      mebibytes(node.bytesReceived),
      String(node.tilesComputed),
      String(node.tilesStolen),
      String(node.tilesReissued),
    ]),
  );
  return table(headers, rows);
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

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '' : inUnit(bytes, MEBIBYTES);
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
