/** What a testbed still wants of its machines: steps made from the wishes and what has been found there. */

import { isInForce } from '../../machine/control-groups.ts';
import { possibleLink } from '../../machine/shaping.ts';
import { quoteCommand } from '../../transports/ssh/quote.ts';
import type { Capability, ProviderContext, Step } from '../provider.ts';
import { setGovernor } from './governor.ts';
import { nodePaths, ownNames, sshBlock } from './hosts.ts';
import { limiterOf, limitsOf } from './limits.ts';
import { guardCommand, linkResetSeconds, unguardCommand } from './link-guard.ts';
import { linkRecord, shapingCommands, unshapingScript } from './links.ts';
import type { Machine, RunOptions } from './machine.ts';
import { enterScript } from './marks.ts';
import { nodeExecutable, type ReachedNode } from './survey.ts';

type Action = readonly string[];

/** A step that runs its actions, which are commands, as root. */
interface CommandStep {
  readonly title: string;
  readonly node: ReachedNode;
  readonly isDone: boolean;
  readonly actions: readonly Action[];
}

export interface PlannedNode {
  readonly node: ReachedNode;
  readonly able: ReadonlySet<Capability>;
}

/** All steps of one node, in order, done ones included. */
export async function nodeSteps(
  context: ProviderContext,
  { node, able }: PlannedNode,
): Promise<readonly Step[]> {
  const { spec, machine, facts } = node;
  const names = ownNames(context);
  const paths = nodePaths(names, spec.name);
  const limiter = limiterOf(facts, names, spec);
  const limits = limitsOf(spec);
  const settings = limiter.settings(limits);
  const enter = enterScript(context, spec.name, {
    enter: limiter.enter(limits),
    executable: nodeExecutable(context, spec.name),
  });
  const linkFile = `${names.folder}/link`;
  const [folder, script, record, ...values] = await machine.look([
    paths.folder,
    paths.enter,
    linkFile,
    ...settings.map(({ path }) => path),
  ]);
  const textOf = (found: typeof folder) => (found?.kind === 'file' ? found.text : undefined);
  const step = (rest: Omit<CommandStep, 'node'>) => commandStep({ node, ...rest });
  return [
    prepareStep(node, {
      isDone:
        folder?.kind === 'folder' &&
        textOf(script) === enter &&
        settings.every((setting, index) => isInForce(setting, textOf(values[index]))),
      folders: [
        ['mkdir', '-p', '-m', '700', names.folder],
        ['mkdir', '-p', paths.folder],
      ],
      limits: limiter.commands(limits),
      script: { path: paths.enter, text: enter },
    }),
    ...governorSteps(node, context, `${names.folder}/governor`, step),
    ...linkSteps(node, context, { able, linkFile, record: textOf(record) }, step),
  ];
}

interface Preparation {
  readonly isDone: boolean;
  readonly folders: readonly Action[];
  /** For root. */
  readonly limits: readonly Action[];
  /** What every command on the node goes through: written last, since without it nothing is started. */
  readonly script: { readonly path: string; readonly text: string };
}

function prepareStep(
  { spec, machine }: ReachedNode,
  { isDone, folders, limits, script }: Preparation,
): Step {
  return {
    title: `prepare ${spec.name}: its folder, its limits, and how commands start there`,
    node: spec.name,
    actions: [...folders, ...limits, ['write', script.path, script.text]],
    done: async () => isDone,
    apply: async (signal) => {
      await runAll(machine, folders, { signal });
      await runAll(machine, limits, { asRoot: true, signal });
      await machine.write(script.path, script.text, '755', { signal });
    },
  };
}

type MakeStep = (rest: Omit<CommandStep, 'node'>) => Step;

function governorSteps(
  { spec, facts }: ReachedNode,
  { testbed }: ProviderContext,
  file: string,
  step: MakeStep,
): readonly Step[] {
  const { governor } = sshBlock(testbed);
  if (governor === undefined || facts.governor === undefined) return [];
  return [
    step({
      title: `let the CPUs of ${spec.name} run by the governor ${governor}`,
      isDone: facts.governor === governor,
      actions: [setGovernor(governor, file)],
    }),
  ];
}

interface LinkFindings {
  readonly able: ReadonlySet<Capability>;
  readonly linkFile: string;
  readonly record: string | undefined;
}

function linkSteps(
  { spec, facts, machine }: ReachedNode,
  context: ProviderContext,
  { able, linkFile, record }: LinkFindings,
  step: MakeStep,
): readonly Step[] {
  const names = ownNames(context);
  const link = possibleLink(spec.link, able);
  const device = facts.interfaces.find(({ cidr }) => cidr.startsWith(`${spec.address}/`))?.name;
  const old = record === undefined ? undefined : /"device":"([^"]+)"/.exec(record)?.[1];
  const undo = old === undefined ? [] : [['sh', '-c', unshapingScript({ device: old }, names)]];
  if (link === undefined || device === undefined) {
    if (record === undefined) return [];
    const actions = [unguardCommand(names), ...undo, ['rm', '-f', linkFile]];
    return [step({ title: `free the link of ${spec.name}`, isDone: false, actions })];
  }
  const site = { device, sshPort: machine.host.port };
  const wanted = linkRecord(link, site, facts.bootId);
  const changing = linkRecord({}, site, '');
  return [
    step({
      title: `shape the link of ${spec.name}`,
      isDone: record === wanted,
      actions: [
        // Written first: one that is broken off is known to be shaped, and not as it should.
        ['sh', '-c', 'printf %s "$1" > "$2"', 'sh', changing, linkFile],
        ...undo,
        ['sh', '-c', unshapingScript(site, names)],
        guardCommand(site, names, linkResetSeconds(context.testbed)),
        ...shapingCommands(link, site, names),
        ['sh', '-c', 'printf %s "$1" > "$2"', 'sh', wanted, linkFile],
      ],
    }),
  ];
}

function commandStep({ title, node, isDone, actions }: CommandStep): Step {
  const { machine, spec } = node;
  return {
    title,
    node: spec.name,
    actions,
    done: async () => isDone,
    apply: async (signal) => {
      await runAll(machine, actions, { asRoot: true, signal });
    },
  };
}

/** In one go: each command of its own would cost a way there and back. */
async function runAll(
  machine: Machine,
  actions: readonly Action[],
  options: RunOptions,
): Promise<void> {
  if (actions.length === 0) return;
  await machine.run(['sh', '-c', actions.map(quoteCommand).join(' &&\n')], options);
}
