/** The block `vagrant:` of a testbed: which hypervisor, which box, and how machines are started. */
import { type Static, Type } from 'typebox';
import type { SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';

export const VagrantSpec = Type.Object(
  {
    hypervisor: Type.Optional(
      Type.Enum(['virtualbox', 'libvirt'], { description: 'virtualbox (default) or libvirt' }),
    ),
    box: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][\\w.-]*(/[\\w.-]+)?$',
        description: 'a box that Vagrant has or finds, or that `tilebed box build` has made',
      }),
    ),
    boxVersion: Type.Optional(Type.String({ pattern: '^[\\w.~<>=, -]+$' })),
    driver: Type.Optional(
      Type.Enum(['kvm', 'qemu'], {
        description: 'of libvirt: kvm (default), or qemu, which is slower and works everywhere',
      }),
    ),
    cpuModel: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][\\w.-]*$',
        description: 'of libvirt: the CPU that machines see; by default this machine’s, or Nehalem',
      }),
    ),
    network: Type.Optional(
      Type.Enum(['internal', 'host-only'], {
        description:
          'of VirtualBox: internal (default), which this machine is no part of, or host-only',
      }),
    ),
    linkedClones: Type.Optional(
      Type.Boolean({ description: 'of VirtualBox: true (default) shares the box’s disk' }),
    ),
    atOnce: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 16,
        description: 'of libvirt: machines that are started at the same time; 2 by default',
      }),
    ),
    bootTimeout: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]*\\s*(s|m)$',
        description: 'how long a machine may take to start, such as 5m, which is the default',
      }),
    ),
  },
  { additionalProperties: false, description: 'virtual machines through Vagrant' },
);
export type VagrantSpec = Static<typeof VagrantSpec>;

/** Keys that only one hypervisor has. */
const ONLY: Readonly<Record<'virtualbox' | 'libvirt', readonly (keyof VagrantSpec)[]>> = {
  virtualbox: ['network', 'linkedClones'],
  libvirt: ['driver', 'cpuModel', 'atOnce'],
};

/** What the schema cannot say. */
export function vagrantFaults(
  document: SpecDocument,
  spec: { readonly vagrant?: VagrantSpec },
): SpecFault[] {
  const block = spec.vagrant;
  if (block === undefined) return [];
  const { hypervisor = 'virtualbox' } = block;
  const other = hypervisor === 'virtualbox' ? 'libvirt' : 'virtualbox';
  return ONLY[other]
    .filter((key) => block[key] !== undefined)
    .map((key) =>
      document.fault(
        ['vagrant', key],
        `\`${key}\` is for \`hypervisor: ${other}\`, but the machines’ is ${hypervisor}`,
        { at: 'key' },
      ),
    );
}
