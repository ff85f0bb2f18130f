/** The steps of `up`: a Vagrantfile, machines in batches, how they are reached, and their folders. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../../vagrant/plan.ts';
import { writeWhole } from '../../write-whole.ts';
import type { ProviderContext, Step } from '../provider.ts';
import type { Hypervisor, MachineFacts } from './hypervisor.ts';
import { hypervisorOf } from './hypervisors.ts';
import { nodeSteps } from './node-steps.ts';
import { type OwnVagrant, ownVagrant, type VagrantSettings, vagrantSettings } from './settings.ts';
import { readSshHosts, sshConfigFile, writeSshConfig } from './ssh-config.ts';
import { endVagrants, leftVagrants, runVagrant } from './vagrant-command.ts';
import { vagrantfilePlan, vagrantfileText } from './vagrantfile.ts';

/** What is on this machine when the steps are made. */
interface Situation {
  readonly context: ProviderContext;
  readonly own: OwnVagrant;
  readonly settings: VagrantSettings;
  readonly hypervisor: Hypervisor;
  readonly machines: readonly Machine[];
  readonly found: ReadonlyMap<string, MachineFacts>;
  /** Ids of machines that Vagrant has brought up whole, by node. */
  readonly finished: ReadonlyMap<string, string>;
}

export async function vagrantSteps(context: ProviderContext): Promise<readonly Step[]> {
  const settings = vagrantSettings(context.testbed);
  const own = ownVagrant(context);
  const hypervisor = hypervisorOf(settings);
  const situation: Situation = {
    context,
    own,
    settings,
    hypervisor,
    machines: vagrantfilePlan(context).machines,
    found: await hypervisor.machines(own),
    finished: await finishedMachines(own),
  };
  const lacking = situation.machines.filter((machine) => !isUp(situation, machine));
  return [
    endStep(context),
    fileStep(context),
    ...strays(situation).map((node) => removeStep(situation, node)),
    ...situation.machines.flatMap((machine) => putRightStep(situation, machine)),
    ...batches(lacking, settings.atOnce).map((batch) => makeStep(situation, batch)),
    reachStep(context, lacking.length > 0),
    ...nodeSteps(context, hypervisor, {
      fresh: new Set(lacking.map(({ name }) => name)),
      silent: await silentMachines(situation),
    }),
  ];
}

function endStep(context: ProviderContext): Step {
  return {
    title: 'end what an earlier `tilebed up` left running',
    actions: [['kill', 'vagrant']],
    done: async () => (await leftVagrants(context)).length === 0,
    apply: async () => {
      await endVagrants(context);
    },
  };
}

function fileStep(context: ProviderContext): Step {
  const { folder } = ownVagrant(context);
  const path = join(folder, 'Vagrantfile');
  const text = vagrantfileText(context);
  return {
    title: 'write the Vagrantfile',
    actions: [['write', path, text]],
    done: async () => (await readFile(path, 'utf8').catch(() => '')) === text,
    apply: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(path, text);
    },
  };
}

/** As the testbed wants it now, and running, though a fault may have frozen it or cut it off. */
function isUp(situation: Situation, machine: Machine): boolean {
  return isWhole(situation, machine) && situation.found.get(machine.name)?.state !== 'off';
}

/** Made by Vagrant to the end, as the testbed wants it now. */
function isWhole({ found, finished }: Situation, { name, note }: Machine): boolean {
  const machine = found.get(name);
  return machine !== undefined && finished.get(name) === machine.id && machine.note === note;
}

/** Of a fault whose harness has died. */
function putRightStep(situation: Situation, machine: Machine): readonly Step[] {
  const { own, hypervisor, found } = situation;
  const { name } = machine;
  const facts = found.get(name);
  if (facts === undefined || !isUp(situation, machine)) return [];
  if (facts.state !== 'paused' && !facts.unplugged) return [];
  return [
    {
      title: `put ${name} right`,
      node: name,
      actions: [['put right', own.prefix + name]],
      done: async () => false,
      apply: () => hypervisor.putRight(own, name, facts),
    },
  ];
}

/** Machines that the testbed no longer has. */
function strays({ found, machines }: Situation): readonly string[] {
  const wanted = new Set(machines.map(({ name }) => name));
  return [...found.keys()].filter((name) => !wanted.has(name));
}

function removeStep({ own, hypervisor }: Situation, node: string): Step {
  return {
    title: `remove ${node}, which the testbed no longer has`,
    node,
    actions: [['remove', 'machine', own.prefix + node]],
    done: async () => false,
    apply: () => forget(own, hypervisor, node),
  };
}

function makeStep(situation: Situation, batch: readonly Machine[]): Step {
  const { context, own, settings, hypervisor } = situation;
  const names = batch.map(({ name }) => name);
  const stale = batch.filter((machine) => isStale(situation, machine)).map(({ name }) => name);
  const args = [
    ...['up', ...names, `--provider=${settings.hypervisor}`],
    settings.atOnce === 1 ? '--no-parallel' : '--parallel',
  ];
  return {
    title: `start ${names.join(' and ')}`,
    ...(names.length === 1 ? { node: names[0]! } : {}),
    actions: [
      ...stale.map((name) => ['remove', 'machine', own.prefix + name]),
      ['vagrant', ...args],
    ],
    done: async () => false,
    apply: async (signal, say) => {
      for (const name of stale) await forget(own, hypervisor, name);
      // Those that have been made anew have new keys, at addresses that others may have had.
      await rm(join(own.folder, 'known-hosts'), { force: true });
      await rm(sshConfigFile(context), { force: true });
      await runVagrant(context, args, { signal, say });
      const made = await hypervisor.machines(own);
      for (const name of names) await finish(own, name, made.get(name)?.id ?? '');
    },
  };
}

/** Those that are paused, or all where nobody has noted how they are reached. */
async function silentMachines({ context, found }: Situation): Promise<ReadonlySet<string>> {
  const reached = await readSshHosts(context);
  const names = [...found.keys()];
  return new Set(names.filter((name) => found.get(name)?.state === 'paused' || !reached.has(name)));
}

/** There is something of that name that is not what the testbed wants, or was not made to the end. */
function isStale(situation: Situation, machine: Machine): boolean {
  const { found, finished } = situation;
  if (!found.has(machine.name)) return finished.has(machine.name);
  return !isWhole(situation, machine);
}

/** Removes a machine, and what Vagrant knows of it. */
async function forget(own: OwnVagrant, hypervisor: Hypervisor, node: string): Promise<void> {
  await hypervisor.removeMachine(own, node);
  await rm(join(own.folder, '.vagrant/machines', node), { recursive: true, force: true });
  await rm(join(own.folder, 'finished', node), { force: true });
}

async function finish({ folder }: OwnVagrant, node: string, id: string): Promise<void> {
  await mkdir(join(folder, 'finished'), { recursive: true });
  await writeFile(join(folder, 'finished', node), id);
}

async function finishedMachines({ folder }: OwnVagrant): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(join(folder, 'finished')).catch(() => []);
  return new Map(
    await Promise.all(
      names.map(
        async (name): Promise<[string, string]> => [
          name,
          await readFile(join(folder, 'finished', name), 'utf8'),
        ],
      ),
    ),
  );
}

function reachStep(context: ProviderContext, machinesChange: boolean): Step {
  return {
    title: 'note how the machines are reached',
    actions: [
      ['vagrant', 'ssh-config'],
      ['write', sshConfigFile(context)],
    ],
    done: async () =>
      !machinesChange && (await readFile(sshConfigFile(context), 'utf8').catch(() => '')) !== '',
    apply: (signal) => writeSshConfig(context, signal),
  };
}

function batches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
