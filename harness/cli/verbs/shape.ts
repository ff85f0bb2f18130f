/** tilebed shape show, set, reset, verify */
import { Command, InvalidArgumentError } from 'commander';
import { plainTable } from '../../../reports/table.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import type { LinkSpec } from '../../spec/link-spec.ts';
import { DURATION_PATTERN, LOSS_PATTERN, RATE_PATTERN } from '../../spec/link-spec.ts';
import { linkText, resolveLink } from '../../spec/links.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { findBundle } from '../../testbeds/bundle.ts';
import { deploy } from '../../testbeds/deploy.ts';
import { holdTestbed } from '../../testbeds/hold.ts';
import { relayedLinks } from '../../testbeds/link-plan.ts';
import { lockTestbed } from '../../testbeds/lock.ts';
import { measureLinks } from '../../testbeds/measure-links.ts';
import { openTestbed } from '../../testbeds/open.ts';
import { capabilitiesByNode } from '../../testbeds/parts.ts';
import { TestbedRelay } from '../../testbeds/relay.ts';
import {
  applyChanges,
  loadLiveTestbed,
  readChanges,
  type ShapeTarget,
  writeChanges,
} from '../../testbeds/shape.ts';
import { up } from '../../testbeds/up.ts';
import { judgeLinks, type LinkVerdict } from '../../testbeds/verify-links.ts';
import { EXIT } from '../exit.ts';
import { type VerbContext, type VerbSpec, verbCommand } from '../verb.ts';

interface SetFlags extends LinkSpec {
  readonly node?: string;
  readonly between?: readonly [string, string];
  readonly medium?: boolean;
}

const showVerb: VerbSpec = {
  name: 'show',
  summary: 'show what is asked of links, and who keeps it',
  examples: [['tilebed shape show testbeds/netns.yaml', 'a table']],
  define: (command: Command) => command.argument('<testbed>', 'a testbed file'),
  run: async ({ output }: VerbContext, file: string) => {
    const testbed = await loadLiveTestbed(file);
    const { nodes, pairs = [], medium } = testbed;
    const able = await capabilitiesByNode(testbed);
    const relayed = relayedLinks(testbed, (node) => able.get(node)!);
    const changes = await readChanges(testbed);
    const rows = [
      ...nodes.map(({ name, link = {} }) => [name, linkText(link)]),
      ...pairs.map(({ between, link }) => [between.join(' - '), linkText(link)]),
      ...(medium === undefined ? [] : [['all share', linkText(medium)]]),
    ];
    const notes = [
      relayed === undefined
        ? 'the kernel keeps all of it'
        : `the relay keeps: ${relayText(relayed)}`,
      ...(changes.length === 0 ? [] : ['changed by `tilebed shape set` since it came up']),
    ];
    const links = nodes.map(({ name, link = {} }) => ({ node: name, link }));
    const value = { links, pairs, ...(medium && { medium }), relay: relayed ?? null, changes };
    output.result(value, [plainTable(['between', 'link'], rows), '', ...notes].join('\n'));
    return undefined;
  },
};

const setVerb: VerbSpec = {
  name: 'set',
  summary: 'change links of a testbed that is up, until `shape reset` or `down`',
  examples: [
    ['tilebed shape set testbeds/netns.yaml --rate 10mbit', 'every node’s link'],
    ['tilebed shape set testbeds/netns.yaml --node edge0 --delay 20ms', 'one node’s link'],
    ['tilebed shape set testbeds/netns.yaml --between edge0,edge1 --delay 50ms', 'between the two'],
    [
      'tilebed shape set testbeds/netns.yaml --medium --rate 25mbit',
      'what all share, as a Wi-Fi cell',
    ],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .option('--node <name>', 'only the link of this node')
      .option(
        '--between <a,b>',
        'what lies between these two, in addition to their links',
        twoNames,
      )
      .option('--medium', 'the one half-duplex medium of all nodes')
      .option('--rate <rate>', 'such as 40mbit', matching(RATE_PATTERN, '40mbit'))
      .option('--delay <time>', 'such as 3ms', matching(DURATION_PATTERN, '3ms'))
      .option('--jitter <time>', 'such as 1ms', matching(DURATION_PATTERN, '1ms'))
      .option('--loss <part>', 'such as 0.1%', matching(LOSS_PATTERN, '0.1%')),
  run: async ({ output, signal, runTasks }: VerbContext, file: string, flags: SetFlags) => {
    const link = linkOfFlags(flags);
    const testbed = await loadTestbed(file);
    await using _lock = await lockTestbed(testbed, 'shape set');
    const changes = [...(await readChanges(testbed)), { target: targetOf(flags), link }];
    const changed = applyChanges(testbed, changes);
    await openTestbed(testbed);
    const { warnings } = await up(changed, { signal, runTasks });
    for (const warning of warnings) output.warn(warning);
    await writeChanges(testbed, changes);
    output.result({ testbed: testbed.name, changes }, `set: ${linkText(link)}`);
    return undefined;
  },
};

const resetVerb: VerbSpec = {
  name: 'reset',
  summary: 'make links again what the testbed’s file says',
  examples: [['tilebed shape reset testbeds/netns.yaml', 'undoes every `shape set`']],
  define: (command: Command) => command.argument('<testbed>', 'a testbed file'),
  run: async ({ output, signal, runTasks }: VerbContext, file: string) => {
    const testbed = await loadTestbed(file);
    await using _lock = await lockTestbed(testbed, 'shape reset');
    await openTestbed(testbed);
    const changes = await readChanges(testbed);
    await writeChanges(testbed, []);
    await up(testbed, { signal, runTasks });
    const text =
      changes.length === 0 ? 'links were as the file has them' : 'links are as the file has them';
    output.result({ testbed: testbed.name, undone: changes }, text);
    return undefined;
  },
};

const verifyVerb: VerbSpec = {
  name: 'verify',
  summary: 'measure links, and compare with what was asked for; exit 1 where one is off',
  examples: [
    ['tilebed shape verify testbeds/netns.yaml', 'within 15 %'],
    ['tilebed shape verify testbeds/netns.yaml --tolerance 5%', 'stricter'],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .option('--tolerance <part>', 'of what was asked for', matching(LOSS_PATTERN, '15%'), '15%'),
  run: async (
    { output, signal, runTasks }: VerbContext,
    file: string,
    flags: { tolerance: string },
  ) => {
    const testbed = await loadLiveTestbed(file);
    await using _lock = await lockTestbed(testbed, 'shape verify');
    using _held = holdTestbed(testbed);
    const nodes = await openTestbed(testbed);
    const bundle = await findBundle();
    await deploy(nodes, bundle, { signal, runTasks });
    await using relay = await TestbedRelay.start(testbed, nodes, bundle);
    const accessOf = (node: string) => relay?.accessOf(node);
    const links = await measureLinks(testbed, nodes, bundle, { signal, accessOf });
    const verdicts = judgeLinks(links, Number.parseFloat(flags.tolerance) / 100);
    const text =
      verdicts.length === 0 ? 'nothing is asked of any link' : verdictTable(verdicts, testbed);
    output.result({ testbed: testbed.name, links, verdicts }, text);
    return verdicts.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  },
};

export function shapeCommand(): Command {
  return new Command('shape')
    .description('rate, delay, jitter and loss of links')
    .addCommand(verbCommand(showVerb))
    .addCommand(verbCommand(setVerb))
    .addCommand(verbCommand(resetVerb))
    .addCommand(verbCommand(verifyVerb));
}

function targetOf({ node, between, medium }: SetFlags): ShapeTarget {
  const given = [node, between, medium].filter((flag) => flag !== undefined);
  if (given.length > 1) {
    throw new TilebedError('INPUT', 'give one of --node, --between and --medium, or none');
  }
  if (node !== undefined) return { kind: 'node', node };
  if (between !== undefined) return { kind: 'pair', between };
  return medium === true ? { kind: 'medium' } : { kind: 'all' };
}

function linkOfFlags({ rate, delay, jitter, loss }: SetFlags) {
  const link = resolveLink({
    ...(rate && { rate }),
    ...(delay && { delay }),
    ...(jitter && { jitter }),
    ...(loss && { loss }),
  });
  if (Object.keys(link).length > 0) return link;
  throw new TilebedError('INPUT', 'give at least one of --rate, --delay, --jitter and --loss');
}

function relayText({ nodes, pairs, medium }: NonNullable<ReturnType<typeof relayedLinks>>): string {
  return [
    ...Object.entries(nodes).map(([name, link]) => `${linkText(link)} of ${name}`),
    ...pairs.map(({ between, link }) => `${linkText(link)} between ${between.join(' and ')}`),
    ...(medium === undefined ? [] : [`the shared medium, ${linkText(medium)}`]),
  ].join('; ');
}

function verdictTable(verdicts: readonly LinkVerdict[], { nodes }: Testbed): string {
  const gateway = nodes.find(({ role }) => role === 'gateway')!.name;
  const rows = verdicts.map(({ way, what, asked, measured, ok }) => [
    way.includes('-') && !nodes.some(({ name }) => name === way) ? way : `${way}-${gateway}`,
    what,
    quantity(what, asked),
    quantity(what, measured),
    ok ? 'ok' : 'off',
  ]);
  return plainTable(['way', 'what', 'asked', 'measured', 'verdict'], rows);
}

function quantity(what: LinkVerdict['what'], value: number): string {
  return what === 'round trip' ? `${value.toFixed(1)} ms` : `${(value / 1e6).toFixed(2)} Mbit/s`;
}

function matching(pattern: string, example: string) {
  return (text: string): string => {
    if (new RegExp(pattern).test(text)) return text;
    throw new InvalidArgumentError(`something such as ${example} is wanted`);
  };
}

function twoNames(text: string): readonly [string, string] {
  const [a, b, ...more] = text.split(',');
  if (a && b && more.length === 0) return [a, b];
  throw new InvalidArgumentError('two names with a comma between them are wanted');
}
