/** The figures of one point's nodes. */
import type { Markup } from '../markup.ts';
import type { NodeSummary } from '../node-summary.ts';
import { inUnit, MEBIBYTES, significant } from '../numbers.ts';
import { queueText } from '../queue.ts';
import { breakingAtCommas, type Column, table } from './elements.ts';

type BytesField = Extract<
  keyof NodeSummary,
  `${string}Bytes` | `bytes${string}` | `haloBytes${string}`
>;

/** A row a node of one point. */
export function nodesTable(nodes: readonly NodeSummary[]): Markup {
  const bytes = (title: string, field: BytesField) => ({
    title,
    unit: 'MiB',
    numeric: true,
    cell: (node: NodeSummary) => inUnit(node[field], MEBIBYTES),
  });
  const count = (
    title: string,
    field: 'count' | 'tilesComputed' | 'tilesStolen' | 'tilesReissued',
  ) => ({
    title,
    numeric: true,
    cell: (node: NodeSummary) => node[field],
  });
  return table({
    caption: 'Medians of each node over the repetitions in which it lived to report',
    columns: [
      { title: 'Node', cell: ({ node }) => node },
      { title: 'Role', cell: ({ role }) => role },
      count('Reports', 'count'),
      bytes('Process peak', 'processPeakBytes'),
      bytes('Engine', 'engineBytes'),
      {
        title: 'CPU time',
        unit: 's',
        numeric: true,
        cell: ({ cpuSeconds }) => significant(cpuSeconds),
      },
      bytes('Sent', 'bytesSent'),
      bytes('Received', 'bytesReceived'),
      count('Tiles computed', 'tilesComputed'),
      count('Of them stolen', 'tilesStolen'),
      count('Reissued', 'tilesReissued'),
      ...where(nodes, 'multiplyAccumulates', {
        title: 'Operations',
        unit: '10⁹',
        numeric: true,
        cell: ({ multiplyAccumulates }) => significant(multiplyAccumulates / 1e9),
      }),
      ...where(nodes, 'haloBytesReused', bytes('Halos reused', 'haloBytesReused')),
      ...where(nodes, 'haloBytesReused', bytes('Of them received', 'haloBytesReceived')),
      ...queueColumn(nodes),
    ],
    rows: nodes,
  });
}

/** A column that stands only where some node has such a figure. */
function where(
  nodes: readonly NodeSummary[],
  field: 'multiplyAccumulates' | 'haloBytesReused',
  column: Column<NodeSummary>,
): Column<NodeSummary>[] {
  return nodes.some((node) => node[field] > 0) ? [column] : [];
}

function queueColumn(nodes: readonly NodeSummary[]): Column<NodeSummary>[] {
  if (nodes.every(({ queue }) => queue === undefined)) return [];
  return [
    {
      title: 'Queue of arrivals',
      cell: ({ queue }) => (queue === undefined ? '–' : breakingAtCommas(queueText(queue))),
    },
  ];
}
