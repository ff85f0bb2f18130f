/** The part of a Vagrantfile that is libvirt's (the plugin vagrant-libvirt). */

import type { LibvirtSettings, VagrantfilePlan } from './plan.ts';
import { rubyString } from './ruby.ts';

export function libvirtNetwork({ network, hostAddress }: LibvirtSettings): readonly string[] {
  return [
    `libvirt__network_name: ${rubyString(network)}, libvirt__host_ip: ${rubyString(hostAddress)}`,
    'libvirt__dhcp_enabled: false, libvirt__forward_mode: "none"',
  ];
}

export function libvirtProvider(
  { driver, cpuModel }: LibvirtSettings,
  { prefix, machines }: Pick<VagrantfilePlan, 'prefix' | 'machines'>,
): readonly string[] {
  return [
    'machine.vm.provider "libvirt" do |libvirt|',
    `  libvirt.driver = ${rubyString(driver)}`,
    `  libvirt.default_prefix = ${rubyString(prefix)}`,
    '  libvirt.description = node[:note]',
    '  libvirt.cpus = node[:cpus]',
    '  libvirt.memory = node[:memory]',
    ...(cpuModel === undefined
      ? ['  libvirt.cpu_mode = "host-model"']
      : ['  libvirt.cpu_mode = "custom"', `  libvirt.cpu_model = ${rubyString(cpuModel)}`]),
    ...(machines.some(({ pins }) => pins !== undefined)
      ? [
          '  (node[:pins] || []).each_with_index do |cpu, own|',
          // The plugin's own spelling.
          '    libvirt.cpuaffinitiy own => cpu.to_s',
          '  end',
        ]
      : []),
    '  libvirt.graphics_type = "none"',
    'end',
  ];
}
