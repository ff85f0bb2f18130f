/** A testbed's Vagrantfile. */
import { createHash } from 'node:crypto';
import { cpus as hostCpus } from 'node:os';
import { basename } from 'node:path';
import { TilebedError } from '../../../runtime/errors.ts';
import type { Machine, VagrantfilePlan } from '../../../vagrant/plan.ts';
import { renderVagrantfile } from '../../../vagrant/vagrantfile.ts';
import { formatAddress, hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import type { ProviderContext } from '../provider.ts';
import { type OwnVagrant, ownVagrant, type VagrantSettings, vagrantSettings } from './settings.ts';

/** As in the thesis. */
const DEFAULT_MEMORY_BYTES = 2 ** 30;
const MEBIBYTE = 2 ** 20;
/** Below this no current Debian or Ubuntu starts. */
const LEAST_MEMORY_BYTES = 256 * MEBIBYTE;
const NOTE_DIGITS = 12;

/** Throws a TilebedError (INPUT) for what no machine can be. */
export function vagrantfilePlan(context: ProviderContext): VagrantfilePlan {
  const { testbed } = context;
  const settings = vagrantSettings(testbed);
  const own = ownVagrant(context);
  const { box, boxVersion, bootTimeoutSeconds } = settings;
  const plan = {
    about: [
      `Made by tilebed from ${basename(testbed.file)}; \`tilebed up\` writes it anew when that changes.`,
      ...(testbed.description === undefined ? [] : [testbed.description]),
    ],
    box,
    ...(boxVersion === undefined ? {} : { boxVersion }),
    bootTimeoutSeconds,
    prefix: own.prefix,
    netmask: netmask(testbed),
    hypervisor: hypervisorSettings(testbed, settings, own),
  };
  const machines = testbed.nodes.map((node) => machineOf(node, settings));
  return {
    ...plan,
    // What a machine is made of: where that changes, it is made anew.
    machines: machines.map((machine) => ({
      ...machine,
      note: `tilebed: ${context.stateFolder} ${fingerprint({ ...plan, about: '', machine })}`,
    })),
  };
}

export function vagrantfileText(context: ProviderContext): string {
  return renderVagrantfile(vagrantfilePlan(context));
}

/** How many CPUs a machine has: those that it is pinned to, or one. */
export function machineCpus({ cpus }: Pick<TestbedNode, 'cpus'>): number {
  return cpus?.length ?? 1;
}

function machineOf(node: TestbedNode, { hypervisor }: VagrantSettings): Omit<Machine, 'note'> {
  const { name, address, cpus: pins, cpuQuota, memoryBytes = DEFAULT_MEMORY_BYTES } = node;
  if (memoryBytes < LEAST_MEMORY_BYTES) {
    throw new TilebedError(
      'INPUT',
      `${name}: a machine with ${memoryBytes / MEBIBYTE} MiB of memory does not start`,
      { hint: 'give it 256MiB or more; 1GiB is what it has without a wish', node: name },
    );
  }
  const cpus = machineCpus(node);
  return {
    name,
    address,
    cpus,
    memoryMebibytes: Math.floor(memoryBytes / MEBIBYTE),
    ...(pins === undefined || hypervisor === 'virtualbox' ? {} : { pins: checkedPins(name, pins) }),
    // libvirt's quota can change while the machine runs, and is set then.
    ...(cpuQuota === undefined || hypervisor === 'libvirt'
      ? {}
      : { capPercent: Math.max(1, Math.min(100, Math.round((100 * cpuQuota) / cpus))) }),
  };
}

function checkedPins(name: string, pins: readonly number[]): readonly number[] {
  const count = hostCpus().length;
  const missing = pins.find((cpu) => cpu >= count);
  if (missing === undefined) return pins;
  throw new TilebedError(
    'INPUT',
    `${name} is to be pinned to CPU ${missing}, but this machine has CPUs 0 to ${count - 1}`,
  );
}

function hypervisorSettings(
  testbed: Testbed,
  { hypervisor, driver, cpuModel, hostOnly, linkedClones }: VagrantSettings,
  { network }: OwnVagrant,
): VagrantfilePlan['hypervisor'] {
  if (hypervisor === 'virtualbox') {
    return {
      kind: 'virtualbox',
      linkedClones,
      ...(hostOnly ? {} : { internalNetwork: network }),
    };
  }
  const own = hostAddress(subnetOf(testbed.subnet), testbed.nodes);
  if (own === undefined) {
    throw new TilebedError('INPUT', `${testbed.subnet} has no address left for this machine`, {
      hint: 'leave one address free of nodes: the host reaches the gateway from it',
    });
  }
  return {
    kind: 'libvirt',
    driver,
    network,
    hostAddress: own,
    ...(cpuModel === undefined ? {} : { cpuModel }),
  };
}

function netmask({ subnet }: Testbed): string {
  const { prefix } = subnetOf(subnet);
  return formatAddress(2 ** 32 - 2 ** (32 - prefix));
}

function fingerprint(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, NOTE_DIGITS);
}
