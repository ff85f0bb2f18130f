/** What libvirt and its plugin need: the daemon is asked, and KVM is started. */
import { tryCommand } from '../../machine/command.ts';
import type { Requirement } from '../provider.ts';
import { kvmProblem } from './kvm-probe.ts';
import { VIRSH } from './libvirt.ts';

const PLUGIN = 'vagrant-libvirt';

/**
 * @param plugins of Vagrant
 * @param driver without it KVM is told of, and need not work
 */
export async function libvirtRequirements(
  plugins: readonly string[] | undefined,
  driver?: 'kvm' | 'qemu',
): Promise<readonly Requirement[]> {
  return [plugin(plugins), await daemon(), await emulator(), ...(await kvm(driver))];
}

function plugin(plugins: readonly string[] = []): Requirement {
  const ok = plugins.includes(PLUGIN);
  return ok
    ? { name: PLUGIN, ok, detail: 'Vagrant has the plugin' }
    : { name: PLUGIN, ok, detail: 'Vagrant has no such plugin', fix: `apt-get install ${PLUGIN}` };
}

async function daemon(): Promise<Requirement> {
  const name = 'libvirt';
  const { exitCode, stderr } = await tryCommand([...VIRSH, 'version', '--daemon']);
  if (exitCode === 0) return { name, ok: true, detail: 'answers on qemu:///system' };
  return { name, ok: false, detail: firstLine(stderr), fix: daemonFix(exitCode, stderr) };
}

function daemonFix(exitCode: number | undefined, stderr: string): string {
  if (exitCode === undefined) {
    return 'apt-get install libvirt-clients libvirt-daemon-system';
  }
  if (/permission denied|authentication/i.test(stderr)) {
    return 'sudo adduser "$USER" libvirt, and log in anew';
  }
  return 'sudo systemctl start libvirtd, or without systemd: sudo virtlogd -d; sudo libvirtd -d';
}

async function emulator(): Promise<Requirement> {
  const name = 'QEMU';
  const { exitCode, stdout, stderr } = await tryCommand([
    ...[...VIRSH, 'domcapabilities', '--virttype', 'qemu'],
  ]);
  const path = /<path>(.*?)<\/path>/.exec(stdout)?.[1];
  if (exitCode === 0) return { name, ok: true, detail: `libvirt finds ${path}` };
  const fix = 'apt-get install qemu-system-x86 qemu-utils';
  return { name, ok: false, detail: firstLine(stderr), fix };
}

async function kvm(driver: 'kvm' | 'qemu' | undefined): Promise<readonly Requirement[]> {
  if (driver === 'qemu') return [];
  const name = 'KVM';
  const problem = await kvmProblem();
  if (problem === undefined) return [{ name, ok: true, detail: 'starts a machine' }];
  const fix =
    'write `driver: qemu` under `vagrant:` in the testbed, which is about 20 times slower';
  return [
    {
      name,
      ok: driver === undefined,
      detail: driver === undefined ? `does not work: ${problem}` : problem,
      fix,
    },
  ];
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
