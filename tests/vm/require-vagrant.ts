/** Virtual machines: where they cannot be had, tests that need them skip, or fail where they are required. */
import { libvirtRequirements } from '../../harness/providers/vagrant/libvirt-requirements.ts';
import { vagrantPlugins } from '../../harness/providers/vagrant/requirements.ts';
import { skipWithout } from '../support/require.ts';

/** The box that `tilebed box build` makes, and the name that `.ci/run` gives it. */
export const BOX = process.env['TILEBED_BOX'] ?? 'tilebed/debian12';

/** Vagrant, libvirt and QEMU, which emulates: tests run where KVM does not. */
export const withoutVagrant = await skipWithout(
  'vagrant',
  vagrantPlugins()
    .then((plugins) => libvirtRequirements(plugins, 'qemu'))
    .then((requirements) => requirements.every(({ ok }) => ok)),
);
