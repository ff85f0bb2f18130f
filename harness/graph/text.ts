/** A testbed as a tree of text, for terminals and notes. */
import { linkText } from '../spec/links.ts';
import type { Testbed } from '../spec/resolved.ts';
import { nodeLines } from './labels.ts';

export function renderText({ name, provider, subnet, nodes, pairs = [], medium }: Testbed): string {
  const width = Math.max(...nodes.map((node) => node.name.length));
  const shared = medium === undefined ? '' : `, one medium for all: ${linkText(medium)}`;
  const rows = [
    ...nodes.map((node) =>
      [node.name.padEnd(width), node.role.padEnd(7), nodeLines(node).join(', ')].join('  '),
    ),
    ...pairs.map(({ between, link }) => `${between.join(' ◀─▶ ')}  ${linkText(link)}`),
  ];
  const tree = rows.map((row, index) => `${index === rows.length - 1 ? '└─' : '├─'} ${row}`);
  return [`${name} (${provider}) ${subnet}${shared}`, ...tree, ''].join('\n');
}
