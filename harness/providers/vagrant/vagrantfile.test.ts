import { describe, expect, test } from 'vitest';
import { TilebedError } from '../../../runtime/errors.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { VagrantSpec } from '../../spec/vagrant.ts';
import { vagrantfilePlan } from './vagrantfile.ts';

const GATEWAY = { name: 'gateway', role: 'gateway', address: '10.10.10.2' } as const;
const EDGE = { name: 'edge0', role: 'edge', address: '10.10.10.3' } as const;

function plan(edge: Partial<TestbedNode>, vagrant: VagrantSpec, stateFolder = '/state') {
  return vagrantfilePlan({
    stateFolder,
    testbed: {
      name: 'vms',
      file: '/vms.yaml',
      text: '',
      seed: 1,
      provider: 'vagrant',
      subnet: '10.10.10.0/24',
      tolerate: [],
      security: 'psk',
      nodes: [GATEWAY, { ...EDGE, ...edge }],
      providerBlock: vagrant,
    } as Parameters<typeof vagrantfilePlan>[0]['testbed'],
  });
}

const noteOf = ({ machines }: ReturnType<typeof plan>) => machines[1]!.note;

describe('a testbed’s Vagrantfile', () => {
  test('without wishes is the thesis’: VirtualBox, one CPU, 1 GiB, an internal network', () => {
    const { hypervisor, machines, netmask } = plan({}, {});
    expect(hypervisor).toMatchObject({ kind: 'virtualbox', linkedClones: true });
    expect(hypervisor).toHaveProperty('internalNetwork');
    expect(machines[1]).toMatchObject({ cpus: 1, memoryMebibytes: 1024, address: '10.10.10.3' });
    expect(netmask).toBe('255.255.255.0');
  });

  test('gives a pinned machine a CPU for each that it is pinned to', () => {
    const { machines } = plan({ cpus: [0] }, { hypervisor: 'libvirt' });
    expect(machines[1]).toMatchObject({ cpus: 1, pins: [0] });
    expect(machines[0]).not.toHaveProperty('pins');
  });

  test('caps VirtualBox’s machines; libvirt’s are limited while they run', () => {
    expect(plan({ cpuQuota: 0.25 }, {}).machines[1]).toMatchObject({ capPercent: 25 });
    const { machines } = plan({ cpuQuota: 0.25 }, { hypervisor: 'libvirt' });
    expect(machines[1]).not.toHaveProperty('capPercent');
  });

  test('makes a machine anew when what it is made of changes, and only then', () => {
    const before = noteOf(plan({}, {}));
    expect(noteOf(plan({}, {}))).toBe(before);
    expect(noteOf(plan({ memoryBytes: 2 ** 29 }, {}))).not.toBe(before);
    expect(noteOf(plan({}, { box: 'debian/bookworm64' }))).not.toBe(before);
    const emulated = { hypervisor: 'libvirt', driver: 'qemu' } as const;
    expect(noteOf(plan({ cpuQuota: 0.5 }, emulated))).toBe(noteOf(plan({}, emulated)));
  });

  test('has names of its own for each state folder', () => {
    expect(plan({}, {}, '/a').prefix).not.toBe(plan({}, {}, '/b').prefix);
  });

  test.each([
    [{ memoryBytes: 64 * 2 ** 20 }, 'edge0: a machine with 64 MiB of memory does not start'],
    [{ cpus: [4095] }, 'edge0 is to be pinned to CPU 4095'],
  ])('refuses %j', (edge, message) => {
    const wrong = () => plan(edge, { hypervisor: 'libvirt' });
    expect(wrong).toThrow(TilebedError);
    expect(wrong).toThrow(message);
  });
});
