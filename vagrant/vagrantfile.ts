/**
 * Renders a Vagrantfile as a person would have written it: a table of nodes, and one definition for
 * all. Knows nothing of testbeds, and touches nothing.
 */
import { libvirtNetwork, libvirtProvider } from './libvirt.ts';
import type { Machine, VagrantfilePlan } from './plan.ts';
import { rubyComment, rubyString } from './ruby.ts';
import { virtualBoxNetwork, virtualBoxProvider } from './virtualbox.ts';

/** The text of a Vagrantfile for Vagrant 2. */
export function renderVagrantfile(plan: VagrantfilePlan): string {
  const { hypervisor } = plan;
  const [network, provider] =
    hypervisor.kind === 'libvirt'
      ? [libvirtNetwork(hypervisor), libvirtProvider(hypervisor, plan)]
      : [virtualBoxNetwork(hypervisor), virtualBoxProvider(hypervisor, plan)];
  return `${plan.about.map(rubyComment).join('\n')}

NODES = {
${plan.machines.map((machine) => `  ${machineRow(machine)},`).join('\n')}
}

Vagrant.configure("2") do |config|
${indented(2, [...boxLines(plan), ...machineLines(plan.netmask, network, provider)])}
end
`;
}

function machineRow({ name, address, memoryMebibytes, cpus, ...rest }: Machine): string {
  const { pins, capPercent, note } = rest;
  const fields = [
    `address: ${rubyString(address)}`,
    `cpus: ${cpus}`,
    `memory: ${memoryMebibytes}`,
    ...(pins === undefined ? [] : [`pins: [${pins.join(', ')}]`]),
    ...(capPercent === undefined ? [] : [`cap: ${capPercent}`]),
    `note: ${rubyString(note)}`,
  ];
  return `${rubyString(name)} => { ${fields.join(', ')} }`;
}

function boxLines({ box, boxVersion, bootTimeoutSeconds }: VagrantfilePlan): readonly string[] {
  return [
    `config.vm.box = ${rubyString(box)}`,
    ...(boxVersion === undefined ? [] : [`config.vm.box_version = ${rubyString(boxVersion)}`]),
    'config.vm.box_check_update = false',
    `config.vm.boot_timeout = ${bootTimeoutSeconds}`,
    'config.vm.synced_folder ".", "/vagrant", disabled: true',
  ];
}

function machineLines(
  netmask: string,
  network: readonly string[],
  provider: readonly string[],
): readonly string[] {
  const options = [`ip: node[:address], netmask: ${rubyString(netmask)}`, ...network];
  return [
    '',
    'NODES.each do |name, node|',
    '  config.vm.define name do |machine|',
    '    machine.vm.hostname = name',
    // Vagrant writes the address into the guest, on Ubuntu and Debian through netplan.
    `    machine.vm.network "private_network", ${options.join(',\n      ')}`,
    '',
    ...provider.map((line) => (line === '' ? '' : `    ${line}`)),
    '  end',
    'end',
  ];
}

function indented(columns: number, lines: readonly string[]): string {
  const space = ' '.repeat(columns);
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => (line === '' ? '' : space + line))
    .join('\n');
}
