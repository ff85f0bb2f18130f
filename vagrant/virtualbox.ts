/** The part of a Vagrantfile that is VirtualBox's, as the thesis set its machines up. */

import type { VagrantfilePlan, VirtualBoxSettings } from './plan.ts';
import { rubyString } from './ruby.ts';

/** Intel PRO/1000 MT Server. */
const ADAPTER = '82545EM';

export function virtualBoxNetwork({ internalNetwork }: VirtualBoxSettings): readonly string[] {
  if (internalNetwork === undefined) return [`nic_type: ${rubyString(ADAPTER)}`];
  return [`virtualbox__intnet: ${rubyString(internalNetwork)}, nic_type: ${rubyString(ADAPTER)}`];
}

export function virtualBoxProvider(
  { linkedClones }: VirtualBoxSettings,
  { prefix, machines }: Pick<VagrantfilePlan, 'prefix' | 'machines'>,
): readonly string[] {
  const capped = machines.some(({ capPercent }) => capPercent !== undefined);
  return [
    'machine.vm.provider "virtualbox" do |virtualbox|',
    `  virtualbox.name = ${rubyString(prefix)} + name`,
    '  virtualbox.cpus = node[:cpus]',
    '  virtualbox.memory = node[:memory]',
    `  virtualbox.linked_clone = ${linkedClones}`,
    '  virtualbox.gui = false',
    '  virtualbox.customize ["modifyvm", :id, "--description", node[:note]]',
    ...(capped
      ? ['  virtualbox.customize ["modifyvm", :id, "--cpuexecutioncap", (node[:cap] || 100).to_s]']
      : []),
    'end',
  ];
}
