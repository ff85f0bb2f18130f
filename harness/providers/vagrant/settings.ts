/** What a testbed asks of Vagrant, with defaults filled in, and the names of what it owns. */
import { join } from 'node:path';
import { ownPrefix } from '../../machine/node-steps.ts';
import type { Testbed } from '../../spec/resolved.ts';
import type { VagrantSpec } from '../../spec/vagrant.ts';
import type { ProviderContext } from '../provider.ts';

export interface VagrantSettings {
  readonly hypervisor: 'virtualbox' | 'libvirt';
  readonly box: string;
  readonly boxVersion?: string;
  readonly driver: 'kvm' | 'qemu';
  readonly cpuModel?: string;
  readonly hostOnly: boolean;
  readonly linkedClones: boolean;
  readonly atOnce: number;
  readonly bootTimeoutSeconds: number;
}

export interface OwnVagrant {
  /** Where the Vagrantfile and what Vagrant keeps beside it lie. */
  readonly folder: string;
  /** In front of names of machines and disks. */
  readonly prefix: string;
  readonly network: string;
}

/** What Vagrant finds by itself, for both hypervisors. */
const DEFAULT_BOX = 'bento/ubuntu-24.04';
const DEFAULT_BOOT_TIMEOUT = '5m';
/** Has what Node.js and its engines want (SSE 4.2), and nothing that makes an emulated guest start slowly. */
const EMULATED_CPU = 'Nehalem';

export function vagrantSettings({
  providerBlock,
}: Pick<Testbed, 'providerBlock'>): VagrantSettings {
  const block = providerBlock as VagrantSpec;
  const { hypervisor = 'virtualbox', driver = 'kvm', boxVersion } = block;
  const cpuModel = block.cpuModel ?? (driver === 'qemu' ? EMULATED_CPU : undefined);
  return {
    hypervisor,
    driver,
    box: block.box ?? DEFAULT_BOX,
    ...(boxVersion === undefined ? {} : { boxVersion }),
    ...(cpuModel === undefined ? {} : { cpuModel }),
    hostOnly: block.network === 'host-only',
    linkedClones: block.linkedClones ?? true,
    // Two processes that clone with VirtualBox at the same time get into each other's way.
    atOnce: hypervisor === 'virtualbox' ? 1 : (block.atOnce ?? 2),
    bootTimeoutSeconds: seconds(block.bootTimeout ?? DEFAULT_BOOT_TIMEOUT),
  };
}

export function ownVagrant(context: Pick<ProviderContext, 'stateFolder'>): OwnVagrant {
  const prefix = ownPrefix(context);
  return {
    folder: join(context.stateFolder, 'vagrant'),
    prefix,
    network: prefix.slice(0, -1),
  };
}

function seconds(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('m') ? 60 : 1);
}
