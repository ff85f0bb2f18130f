/** A testbed as a Mermaid flowchart, which GitHub and many wikis draw. */
import { linkText } from '../spec/links.ts';
import type { Testbed } from '../spec/resolved.ts';
import { nodeLines } from './labels.ts';

export function renderMermaid(testbed: Testbed): string {
  const { name, provider, subnet, nodes, pairs = [], medium } = testbed;
  const idOf = new Map(nodes.map((node, index) => [node.name, `n${index}`]));
  const shared = medium === undefined ? [] : [`one medium: ${linkText(medium)}`];
  return [
    'flowchart TB',
    `  network([${quoted([`${name} (${provider})`, subnet, ...shared])}])`,
    ...nodes.map((node) => {
      const label = quoted([
        node.name,
        node.role,
        ...nodeLines({ ...node, link: {} }).slice(0, -1),
      ]);
      return `  ${idOf.get(node.name)}[${label}]`;
    }),
    ...nodes.map(({ name, role, link }) => {
      const line = link === undefined ? '---' : `---|${quoted([linkText(link)])}|`;
      const id = idOf.get(name)!;
      return role === 'gateway' ? `  ${id} ${line} network` : `  network ${line} ${id}`;
    }),
    ...pairs.map(
      ({ between: [a, b], link }) =>
        `  ${idOf.get(a)} -.-|${quoted([linkText(link)])}| ${idOf.get(b)}`,
    ),
    '',
  ].join('\n');
}

/** Mermaid's own way of writing what would end a label. */
function quoted(lines: readonly string[]): string {
  return `"${lines.map((line) => line.replaceAll('"', '#quot;')).join('<br/>')}"`;
}
