/** tilebed graph */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { renderMermaid } from '../../graph/mermaid.ts';
import { renderSvg } from '../../graph/svg.ts';
import { renderText } from '../../graph/text.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { loadLiveTestbed } from '../../testbeds/shape.ts';
import { writeWhole } from '../../write-whole.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

const RENDERERS = {
  text: renderText,
  mermaid: renderMermaid,
  svg: renderSvg,
} satisfies Record<string, (testbed: Testbed) => string>;

interface GraphFlags {
  readonly format: keyof typeof RENDERERS;
  readonly output: string;
}

export const graphVerb: VerbSpec = {
  name: 'graph',
  summary: 'draw a testbed: nodes, addresses, limits, links',
  examples: [
    ['tilebed graph testbeds/netns.yaml', 'as text'],
    ['tilebed graph testbeds/netns.yaml --format svg --output rack.svg', 'a drawing'],
    ['tilebed graph testbeds/netns.yaml --format mermaid', 'for a README'],
  ],
  ownFormat: true,
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .addOption(
        new Option('--format <format>', 'of the drawing')
          .choices(Object.keys(RENDERERS))
          .default('text'),
      )
      .option('--output <file>', 'where it goes; - for standard output', '-'),
  run: async (context: VerbContext, file: string, { format, output }: GraphFlags) => {
    const drawing = RENDERERS[format](await loadLiveTestbed(file));
    if (output === '-') process.stdout.write(drawing);
    else {
      const path = resolve(output);
      await writeWhole(path, drawing);
      context.output.result({ graph: path }, path);
    }
    return undefined;
  },
};
