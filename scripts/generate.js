/**
 * Writes what in docs/ follows from the code: JSON Schemas, the page of verbs, the tables of messages
 * and strategies.
 *
 *   node scripts/generate.js          writes
 *   node scripts/generate.js --check  fails where a file is not what would be written
 *
 * Works on dist/, so the build comes first.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { descendants, fullName, tilebedProgram } from '../dist/harness/cli/program.js';
import { publishedSchema, SCHEMA_NAMES } from '../dist/harness/spec/published-schema.js';
import { messageTable } from '../dist/runtime/net/messages.js';
import { STRATEGIES } from '../dist/runtime/schedule/strategies.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const end = '<!-- end of generated -->';

const pages = [
  ...SCHEMA_NAMES.map((name) => ({
    path: `docs/reference/${name}.schema.json`,
    text: `${JSON.stringify(publishedSchema(name), null, 2)}\n`,
  })),
  { path: 'docs/reference/verbs.md', text: verbsPage() },
  {
    path: 'docs/protocol.md',
    text: await pageWith('docs/protocol.md', 'messages', messageTable()),
  },
  {
    path: 'docs/experiments.md',
    text: await pageWith('docs/experiments.md', 'strategies', strategyTable()),
  },
];

const stale = [];
for (const { path, text } of pages) {
  const file = join(root, path);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) continue;
  stale.push(relative(root, file));
  if (check) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
if (check && stale.length > 0) {
  process.stderr.write(`not what the code says: ${stale.join(', ')}\nrun \`npm run generate\`\n`);
  process.exit(1);
}
for (const path of stale) process.stdout.write(`wrote ${path}\n`);

function verbsPage() {
  const program = tilebedProgram();
  const sections = descendants(program)
    .filter((command) => command.commands.length === 0)
    .map((command) => {
      let help = '';
      command.configureHelp({ helpWidth: 100 });
      command.configureOutput({
        getOutHelpWidth: () => 100,
        writeOut: (text) => {
          help += text;
        },
      });
      command.outputHelp();
      return `## ${fullName(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
    });
  const head =
    '# Verbs\n\nMade from the command itself by `npm run generate`. All verbs end with status 0 when done, 1 when\nthe work failed, 2 on bad input or usage, 3 when this machine lacks something, and 130 when\ninterrupted, after cleaning up. A second Ctrl-C, at least a second after the first, ends at once;\n`tilebed down FILE` then removes what is left.\n';
  return [head, ...sections].join('\n');
}

function strategyTable() {
  const rows = Object.entries(STRATEGIES).map(([name, { dealing, uses, says }]) => {
    const axes = uses.map((axis) => `\`${axis}\``).join(', ');
    return `| [\`${name}\`](strategies/${name}.md) | ${says} | ${dealing} | ${axes || 'none'} |`;
  });
  return ['| name | what | work is | axes that count |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** A page whose marked part is what the code says. */
async function pageWith(path, name, text) {
  const begin = `<!-- generated: ${name} -->`;
  const page = await readFile(join(root, path), 'utf8');
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${path} lacks ${begin} and ${end}`);
  return `${before}${begin}\n${text}\n${end}${after}`;
}
