/** What virtual machines need of this machine. Nothing is looked for that can be tried. */
import { tryCommand } from '../../machine/command.ts';
import type { Testbed } from '../../spec/resolved.ts';
import type { Requirement } from '../provider.ts';
import { libvirtRequirements } from './libvirt-requirements.ts';
import { vagrantSettings } from './settings.ts';
import { parseVagrantLine } from './vagrant-output.ts';
import { virtualBoxRequirements } from './virtualbox-requirements.ts';

/** For a testbed; without one, one hypervisor that is ready is enough, and both are told of. */
export async function vagrantRequirements(testbed?: Testbed): Promise<readonly Requirement[]> {
  const plugins = await vagrantPlugins();
  const vagrant = vagrantRequirement(plugins);
  if (testbed !== undefined) {
    const settings = vagrantSettings(testbed);
    return [
      vagrant,
      ...(settings.hypervisor === 'libvirt'
        ? await libvirtRequirements(plugins, settings.driver)
        : await virtualBoxRequirements(testbed)),
    ];
  }
  const choices = await Promise.all([libvirtRequirements(plugins), virtualBoxRequirements()]);
  const isReady = (requirements: readonly Requirement[]) => requirements.every(({ ok }) => ok);
  const some = choices.some(isReady);
  return [
    vagrant,
    ...choices
      .flat()
      .map((requirement) =>
        some && !requirement.ok
          ? { ...requirement, ok: true, detail: `not ready: ${requirement.detail}` }
          : requirement,
      ),
  ];
}

/** Undefined where there is no Vagrant, or it does not start. */
export async function vagrantPlugins(): Promise<readonly string[] | undefined> {
  const { exitCode, stdout } = await tryCommand([
    'vagrant',
    'plugin',
    'list',
    '--machine-readable',
  ]);
  if (exitCode !== 0) return undefined;
  return stdout
    .split('\n')
    .map(parseVagrantLine)
    .flatMap((line) => (line?.type === 'plugin-name' ? line.data : []));
}

function vagrantRequirement(plugins: readonly string[] | undefined): Requirement {
  const name = 'vagrant';
  if (plugins !== undefined) return { name, ok: true, detail: 'starts, and tells its plugins' };
  const detail = '`vagrant plugin list` does not work';
  return { name, ok: false, detail, fix: 'apt-get install vagrant' };
}
