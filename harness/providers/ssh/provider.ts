/**
 * Nodes as machines of their own that are reached over SSH, such as a rack of Raspberry Pis. They exist
 * already: `up` checks them, brings what they lack, and sets what the testbed asks for; `down` takes all of
 * it back.
 */
import { TilebedError } from '../../../runtime/errors.ts';
import { stateFolder } from '../../testbeds/state.ts';
import { SshTransport } from '../../transports/ssh.ts';
import type { Capability, Provider, ProviderContext, ProvisionedNode, Step } from '../provider.ts';
import { capabilitiesOf, common } from './able.ts';
import { addressSteps } from './addresses.ts';
import { nodeStep } from './bring-node.ts';
import { cleanMachine } from './clean.ts';
import { gatherFacts } from './facts.ts';
import { SshNodeFaults } from './faults.ts';
import { hostOf, nodePaths, ownNames } from './hosts.ts';
import {
  type KnownMachine,
  nameOf,
  rememberedMachines,
  rememberMachines,
  union,
  wantedMachines,
} from './known-machines.ts';
import { limiterOf } from './limits.ts';
import { linkResetSeconds, renewCommand } from './link-guard.ts';
import { Machine } from './machine.ts';
import { ownersOfMachines } from './orphans.ts';
import { nodeSteps, type PlannedNode } from './plan.ts';
import { machineReport } from './preflight.ts';
import { relayAddress } from './relay-address.ts';
import { checkSuitable } from './suitable.ts';
import { nodeExecutable, reachedNodes, type SurveyedNode, surveyNodes } from './survey.ts';

/** A word that is lost is not the last one. */
const ASKED_EACH_PERIOD = 3;

export const sshProvider: Provider = {
  name: 'ssh',
  lenient: new Set<Capability>(),

  async capabilities(testbed) {
    if (testbed === undefined) return new Set(['freeze']);
    const context = { testbed, stateFolder: stateFolder(testbed) };
    const surveying = planNodes(context);
    surveys.set(context.stateFolder, surveying);
    const planned = await surveying;
    return common(planned.map(({ node, able }) => ({ spec: node.spec, able })));
  },

  relayAddress,

  async requirements() {
    return [
      { name: 'a client', ok: true, detail: 'tilebed has its own; keys are those of OpenSSH' },
    ];
  },

  async preflight(context) {
    const looking = surveyNodes(context);
    looks.set(context.stateFolder, looking);
    return (await looking).map((node) => machineReport(node, context.testbed));
  },

  async plan(context) {
    const surveyed = surveys.get(context.stateFolder) ?? planNodes(context);
    surveys.delete(context.stateFolder);
    const planned = await surveyed;
    checkSuitable(
      planned.map(({ node }) => node),
      context.testbed,
    );
    const steps = await Promise.all(planned.map((node) => nodeSteps(context, node)));
    const nodes = planned.map(({ node }) => node);
    return [
      ...(await bookSteps(context)),
      ...(await addressSteps(context, nodes)),
      ...nodeStep(context, nodes),
      ...steps.flat(),
    ];
  },

  async nodes(context) {
    const names = ownNames(context);
    return context.testbed.nodes.map((spec): ProvisionedNode => {
      const host = hostOf(context.testbed, spec);
      const machine = new Machine(spec.name, host);
      const { folder, enter } = nodePaths(names, spec.name);
      const node = nodeExecutable(context, spec.name);
      return {
        spec,
        address: spec.address,
        transport: new SshTransport({ host, launcher: ['sh', enter] }),
        faults: new SshNodeFaults({
          spec,
          machine,
          names,
          limiter: async () => limiterOf(await gatherFacts(machine, node), names, spec),
        }),
        folder,
        node,
      };
    });
  },

  async keepAlive(context) {
    const seconds = linkResetSeconds(context.testbed);
    const command = renewCommand(ownNames(context), seconds);
    const machines = wantedMachines(context).map(({ node, host }) => new Machine(node, host));
    // One that does not answer is told of by whoever works on it.
    await Promise.allSettled(machines.map((machine) => machine.try(command)));
    return (seconds * 1000) / ASKED_EACH_PERIOD;
  },

  async down(context) {
    const machines = union(wantedMachines(context), await rememberedMachines(context));
    const removed = await cleanAll(context, machines);
    await rememberMachines(context, []);
    return removed;
  },

  owners: ownersOfMachines,
};

/**
 * Whoever has looked at machines asks next what they can do, and whoever has asked that plans: none of
 * them need look at all of them again.
 */
const looks = new Map<string, Promise<readonly SurveyedNode[]>>();
const surveys = new Map<string, Promise<readonly PlannedNode[]>>();

async function planNodes(context: ProviderContext): Promise<readonly PlannedNode[]> {
  const names = ownNames(context);
  const looking = looks.get(context.stateFolder) ?? surveyNodes(context);
  looks.delete(context.stateFolder);
  const nodes = reachedNodes(await looking);
  return Promise.all(
    nodes.map(async (node) => ({ node, able: await capabilitiesOf(node, names) })),
  );
}

/** Before anything is done on a machine it is written down; what the testbed no longer has is cleaned. */
async function bookSteps(context: ProviderContext): Promise<readonly Step[]> {
  const wanted = wantedMachines(context);
  const known = await rememberedMachines(context);
  const names = new Set(wanted.map(nameOf));
  const strays = known.filter((machine) => !names.has(nameOf(machine)));
  const isKnown = wanted.every((machine) => known.some((each) => nameOf(each) === nameOf(machine)));
  return [
    ...(isKnown
      ? []
      : [
          {
            title: 'write down which machines these are',
            actions: wanted.map(({ host }) => ['remember', `${host.user}@${host.address}`]),
            done: async () => false,
            apply: () => rememberMachines(context, union(wanted, known)),
          },
        ]),
    ...(strays.length === 0
      ? []
      : [
          {
            title: 'clean the machines that the testbed no longer has',
            actions: strays.map(({ host }) => ['clean', `${host.user}@${host.address}`]),
            done: async () => false,
            apply: async () => {
              await cleanAll(context, strays, { nodesOnly: true });
              await rememberMachines(context, wanted);
            },
          },
        ]),
  ];
}

/** All at once; those that do not answer are told of when the others are clean. */
async function cleanAll(
  context: ProviderContext,
  machines: readonly KnownMachine[],
  { nodesOnly = false } = {},
): Promise<readonly string[]> {
  const names = ownNames(context);
  const outcomes = await Promise.allSettled(
    machines.map(async ({ node, host }) => {
      const machine = new Machine(node, host);
      const { canBeRoot } = await gatherFacts(machine, '/none');
      return cleanMachine(machine, names, {
        asRoot: canBeRoot,
        ...(nodesOnly ? { only: node } : {}),
      });
    }),
  );
  const errors = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected'
      ? [`${machines[index]!.node}: ${(outcome.reason as Error).message}`]
      : [],
  );
  if (errors.length > 0) {
    throw new TilebedError('FAILED', `not everything could be cleaned\n  ${errors.join('\n  ')}`, {
      hint: 'run `tilebed down` again when these machines answer',
    });
  }
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
}
