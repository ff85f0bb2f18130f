import { describe, expect, test } from 'vitest';
import type { VagrantfilePlan } from './plan.ts';
import { rubyComment, rubyString } from './ruby.ts';
import { renderVagrantfile } from './vagrantfile.ts';

const MACHINE = { cpus: 1, memoryMebibytes: 1024 };
const PLAN = {
  about: ['Made by tilebed from thesis-vms.yaml.', 'A gateway and two edges.'],
  bootTimeoutSeconds: 300,
  prefix: 'tilebed-0123456789ab-',
  netmask: '255.255.255.0',
  machines: [
    {
      ...MACHINE,
      name: 'gateway',
      address: '10.10.10.2',
      note: 'tilebed: /home/me/.tilebed/vms 1',
    },
    { ...MACHINE, name: 'edge0', address: '10.10.10.3', note: 'tilebed: /home/me/.tilebed/vms 2' },
    { ...MACHINE, name: 'edge1', address: '10.10.10.4', note: 'tilebed: /home/me/.tilebed/vms 3' },
  ],
} as const;

const [gateway, edge0, edge1] = PLAN.machines;

const PLANS: Readonly<Record<string, VagrantfilePlan>> = {
  virtualbox: {
    ...PLAN,
    box: 'bento/ubuntu-24.04',
    hypervisor: {
      kind: 'virtualbox',
      internalNetwork: 'tilebed-0123456789ab',
      linkedClones: true,
    },
  },
  'virtualbox-host-only': {
    ...PLAN,
    box: 'bento/ubuntu-24.04',
    boxVersion: '>= 202404.26.0',
    hypervisor: { kind: 'virtualbox', linkedClones: false },
    machines: [gateway, { ...edge0, capPercent: 50 }],
  },
  libvirt: {
    ...PLAN,
    box: 'tilebed/debian12',
    hypervisor: {
      kind: 'libvirt',
      driver: 'kvm',
      network: 'tilebed-0123456789ab',
      hostAddress: '10.10.10.254',
    },
    machines: [gateway, { ...edge0, pins: [0] }, { ...edge1, cpus: 2, pins: [2, 3] }],
  },
  'libvirt-emulated': {
    ...PLAN,
    box: 'tilebed/debian12',
    hypervisor: {
      kind: 'libvirt',
      driver: 'qemu',
      cpuModel: 'Nehalem',
      network: 'tilebed-0123456789ab',
      hostAddress: '10.10.10.254',
    },
  },
};

describe('a Vagrantfile', () => {
  test.each(Object.keys(PLANS))('%s', async (name) => {
    await expect(renderVagrantfile(PLANS[name]!)).toMatchFileSnapshot(
      `golden/${name}.Vagrantfile.golden`,
    );
  });
});

describe('texts in Ruby', () => {
  test('mean themselves, whatever is in them', () => {
    expect(rubyString('say "#{system}" \\ #$0\nagain')).toBe(
      '"say \\"\\#{system}\\" \\\\ \\#$0\\nagain"',
    );
  });

  test('do not leave their comment', () => {
    expect(rubyComment('one\nsystem("rm")')).toBe('# one system("rm")');
  });
});
