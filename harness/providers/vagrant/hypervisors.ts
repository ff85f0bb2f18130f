/** Which hypervisor a testbed's machines are made by. */
import type { Hypervisor } from './hypervisor.ts';
import { libvirt } from './libvirt.ts';
import type { VagrantSettings } from './settings.ts';
import { virtualBox } from './virtualbox.ts';

export const HYPERVISORS: readonly Hypervisor[] = [libvirt, virtualBox];

export function hypervisorOf({ hypervisor }: Pick<VagrantSettings, 'hypervisor'>): Hypervisor {
  return hypervisor === 'libvirt' ? libvirt : virtualBox;
}
