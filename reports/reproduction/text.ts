/** A reproduced figure in a terminal, and as Markdown for a page or a pull request. */
import type { Reproduction } from '../../harness/results/reproduction.ts';
import { significant } from '../numbers.ts';
import { plainTable } from '../table.ts';
import { agreement } from './compare.ts';

export function reproductionText({ figure, title, panels, claims }: Reproduction): string {
  const lines = [`${figure}: ${title}`, ''];
  for (const panel of panels) {
    lines.push(`${panel.title} (${panel.unit}): ${agreement(panel) ?? 'not compared here'}`);
  }
  if (claims.length > 0) {
    const rows = claims.map(({ claim, verdict, found }) => [verdict, claim, found]);
    lines.push('', plainTable(['verdict', 'the paper says', 'found'], rows));
  }
  return lines.join('\n');
}

export function reproductionMarkdown(reproduction: Reproduction): string {
  const { panels, claims, speedups, setting } = reproduction;
  const parts = [setting.map((line) => `- ${line}`).join('\n')];
  for (const panel of panels) {
    const head = ['', ...panel.x.labels];
    // Rows without a value tell nothing.
    const rows = panel.series
      .flatMap(({ name, paper, ours }) => [
        { name: `${name}, paper`, values: paper },
        { name: `${name}, here`, values: ours },
      ])
      .filter(({ values }) => values.some((value) => value !== null))
      .map(({ name, values }) => [name, ...values.map(text)]);
    parts.push(`### ${panel.title}, ${panel.unit}`);
    parts.push(`By ${panel.x.title}. ${agreement(panel) ?? 'Not compared here'}.`);
    parts.push(markdownTable(head, rows));
  }
  if (claims.length > 0) {
    const rows = claims.map(({ claim, verdict, found }) => [claim, verdict, found]);
    parts.push('### Claims', markdownTable(['the paper says', 'verdict', 'found here'], rows));
  }
  if (speedups.length > 0) {
    const rows = speedups.map(({ name, overOneDevice, overPlain }) => [
      name,
      ...[overOneDevice.paper, overOneDevice.ours, overPlain.paper, overPlain.ours].map(text),
    ]);
    const head = [
      '',
      'over one device, paper',
      'over one device, here',
      'over plain, paper',
      'over plain, here',
    ];
    parts.push('### Speedups', markdownTable(head, rows));
  }
  return `${parts.join('\n\n')}\n`;
}

function text(value: number | null): string {
  return value === null ? '' : significant(value);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
