/** What VirtualBox needs, and the traps that it sets. */
import { readdir, readFile } from 'node:fs/promises';
import { tryCommand } from '../../machine/command.ts';
import type { Testbed } from '../../spec/resolved.ts';
import type { Requirement } from '../provider.ts';
import { hostOnlyProblem } from './host-only-ranges.ts';
import { vagrantSettings } from './settings.ts';

export async function virtualBoxRequirements(testbed?: Testbed): Promise<readonly Requirement[]> {
  return [
    await tool(),
    await hardware(),
    await nobodyElse(),
    ...(testbed !== undefined && vagrantSettings(testbed).hostOnly ? [await range(testbed)] : []),
  ];
}

async function tool(): Promise<Requirement> {
  const name = 'VirtualBox';
  const { exitCode, stdout, stderr } = await tryCommand(['VBoxManage', '--version']);
  if (exitCode === undefined) {
    return {
      name,
      ok: false,
      detail: '`VBoxManage` is not found',
      fix: 'install VirtualBox as its publisher’s page says; on Ubuntu: apt-get install virtualbox',
    };
  }
  // A warning comes before the version, and with status 0.
  const warning = /WARNING: (.*)/.exec(`${stdout}\n${stderr}`)?.[1];
  if (exitCode === 0 && warning === undefined) {
    return { name, ok: true, detail: `version ${stdout.trim()}` };
  }
  const detail = warning ?? stderr.trim();
  return { name, ok: false, detail, fix: 'sudo /sbin/vboxconfig, which builds its kernel module' };
}

/** The CPU's virtualization belongs to one hypervisor: since Linux 6.12 KVM takes it when it is loaded. */
export async function hardware(modules = '/sys/module'): Promise<Requirement> {
  const name = 'the CPU’s virtualization';
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  for (const module of ['kvm_intel', 'kvm_amd']) {
    const users = Number(await read(`${modules}/${module}/refcnt`));
    const takesAtLoad = (await read(`${modules}/kvm/parameters/enable_virt_at_load`)).trim();
    const loaded = (await readdir(`${modules}/${module}`).catch(() => [])).length > 0;
    if (!loaded || (users === 0 && takesAtLoad !== 'Y')) continue;
    return {
      name,
      ok: false,
      detail:
        users > 0
          ? `machines of KVM run (module ${module} has ${users} users)`
          : `KVM holds it (module ${module})`,
      fix: `end KVM's machines (virsh list), then: sudo modprobe -r ${module}`,
    };
  }
  return { name, ok: true, detail: 'KVM does not hold it' };
}

/** Two that clone at the same time get into each other's way. */
async function nobodyElse(): Promise<Requirement> {
  const name = 'one `vagrant up` at a time';
  for (const id of (await readdir('/proc').catch(() => [])).filter((each) => /^\d+$/.test(each))) {
    const words = (await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const at = words.findIndex((word) => /(^|\/)vagrant$/.test(word));
    if (at < 0 || at > 2 || words[at + 1] !== 'up') continue;
    const fix = `wait for it; if a harness that died has left it: kill ${id}`;
    return { name, ok: false, detail: `process ${id} is at it`, fix };
  }
  return { name, ok: true, detail: 'no other one runs' };
}

async function range({ subnet }: Testbed): Promise<Requirement> {
  const name = 'host-only networks';
  const problem = await hostOnlyProblem(subnet);
  if (problem === undefined) return { name, ok: true, detail: `VirtualBox allows ${subnet}` };
  return {
    name,
    ok: false,
    detail: problem,
    fix: `sudo mkdir -p /etc/vbox && echo '* ${subnet}' | sudo tee -a /etc/vbox/networks.conf, or a subnet in 192.168.56.0/21, or \`network: internal\``,
  };
}
