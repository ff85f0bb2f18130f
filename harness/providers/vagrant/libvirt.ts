/** libvirt through virsh. */
import { runCommand, tryCommand } from '../../machine/command.ts';
import type { Hypervisor, MachineFacts } from './hypervisor.ts';
import type { OwnVagrant } from './settings.ts';

/** The system's libvirt, whose networks have bridges. */
export const VIRSH = ['virsh', '--connect', 'qemu:///system'] as const;
const PERIOD_MICROSECONDS = 100_000;

export const libvirt: Hypervisor = {
  async isThere() {
    return (await tryCommand([...VIRSH, 'version', '--daemon'])).exitCode === 0;
  },

  async allMachines() {
    const names = await lines('list', '--all', '--name');
    const notes = await Promise.all(names.map((name) => tryCommand([...VIRSH, 'desc', name])));
    return names.map((name, index) => ({ name, note: notes[index]!.stdout.trim() }));
  },

  async machines(own) {
    const { prefix } = own;
    const names = (await lines('list', '--all', '--name')).filter((name) =>
      name.startsWith(prefix),
    );
    const facts = await Promise.all(names.map((name) => machineFacts(name, own)));
    return new Map(
      names.flatMap((name, index): [string, MachineFacts][] => {
        const found = facts[index];
        return found === undefined ? [] : [[name.slice(prefix.length), found]];
      }),
    );
  },

  async removeMachine({ prefix }, node) {
    const name = prefix + node;
    if ((await lines('list', '--all', '--name')).includes(name)) await removeDomain(name);
    await removeVolumes((volume) => volume === `${name}.img`);
  },

  async removeAll({ prefix, network }) {
    const domains = (await lines('list', '--all', '--name')).filter((name) =>
      name.startsWith(prefix),
    );
    for (const name of domains) await removeDomain(name);
    const volumes = await removeVolumes((name) => name.startsWith(prefix));
    const networks = (await lines('net-list', '--all', '--name')).filter(
      (name) => name === network,
    );
    for (const name of networks) {
      await tryCommand([...VIRSH, 'net-destroy', name]);
      await runCommand([...VIRSH, 'net-undefine', name]);
    }
    return [
      ...domains.map((name) => `machine ${name}`),
      ...volumes.map((name) => `disk ${name}`),
      ...networks.map((name) => `network ${name}`),
    ];
  },

  async pause({ prefix }, node) {
    await runCommand([...VIRSH, 'suspend', prefix + node]);
    return async () => {
      await tryCommand([...VIRSH, 'resume', prefix + node]);
    };
  },

  async unplug(own, node) {
    const name = own.prefix + node;
    const link = await adapter(own, name);
    await runCommand([...VIRSH, 'domif-setlink', name, link, 'down']);
    return async () => {
      await tryCommand([...VIRSH, 'domif-setlink', name, link, 'up']);
    };
  },

  async putRight(own, node, { state, unplugged }) {
    const name = own.prefix + node;
    if (state === 'paused') await runCommand([...VIRSH, 'resume', name]);
    if (!unplugged) return;
    const link = await adapter(own, name);
    await runCommand([...VIRSH, 'domif-setlink', name, link, 'up']);
  },

  async limitCpus({ prefix }, node, share) {
    const quota = share >= 1 ? -1 : Math.max(1000, Math.round(share * PERIOD_MICROSECONDS));
    await runCommand([
      ...[...VIRSH, 'schedinfo', prefix + node, '--live', '--config'],
      ...['--set', `vcpu_period=${PERIOD_MICROSECONDS}`, '--set', `vcpu_quota=${quota}`],
    ]);
  },

  async cpuShare({ prefix }, node) {
    const { stdout } = await tryCommand([...VIRSH, 'schedinfo', prefix + node]);
    const number = (key: string) =>
      Number(new RegExp(`^${key}\\s*: (-?\\d+)`, 'm').exec(stdout)?.[1]);
    const [period, quota] = [number('vcpu_period'), number('vcpu_quota')];
    return quota > 0 && quota < period ? quota / period : 1;
  },
};

/** Undefined for one that has just gone. */
async function machineFacts(name: string, own: OwnVagrant): Promise<MachineFacts | undefined> {
  const [id, state, note] = await Promise.all(
    ['domuuid', 'domstate', 'desc'].map((verb) => tryCommand([...VIRSH, verb, name])),
  );
  if (id?.exitCode !== 0 || state?.exitCode !== 0 || note?.exitCode !== 0) return undefined;
  return {
    id: id.stdout.trim(),
    state: stateOf(state.stdout.trim()),
    note: note.stdout.trim(),
    unplugged: await isUnplugged(own, name),
  };
}

/** A machine that is being made may have no adapter yet. */
async function isUnplugged(own: OwnVagrant, name: string): Promise<boolean> {
  const link = await findAdapter(own, name);
  if (link === undefined) return false;
  const { stdout } = await tryCommand([...VIRSH, 'domif-getlink', name, link]);
  return / down$/.test(stdout.trim());
}

function stateOf(text: string): MachineFacts['state'] {
  if (text === 'running' || text === 'idle') return 'running';
  return text === 'paused' || text === 'pmsuspended' ? 'paused' : 'off';
}

async function removeDomain(name: string): Promise<void> {
  await tryCommand([...VIRSH, 'destroy', name]);
  await runCommand([...VIRSH, 'undefine', name, '--snapshots-metadata', '--remove-all-storage']);
}

/** Of all pools; returns their names. */
async function removeVolumes(isOwn: (name: string) => boolean): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const pool of await lines('pool-list', '--name')) {
    // A disk whose maker was killed is one that the pool has not seen yet.
    await tryCommand([...VIRSH, 'pool-refresh', pool]);
    const volumes = (await lines('vol-list', pool)).map((line) => line.split(/\s+/)[0] ?? '');
    for (const volume of volumes.filter(isOwn)) {
      await tryCommand([...VIRSH, 'vol-delete', volume, '--pool', pool]);
      removed.push(volume);
    }
  }
  return removed;
}

/** The hardware address of a machine's end of the testbed's network. */
async function adapter(own: OwnVagrant, domain: string): Promise<string> {
  const found = await findAdapter(own, domain);
  if (found === undefined) throw new Error(`${domain} has no adapter in ${own.network}`);
  return found;
}

async function findAdapter({ network }: OwnVagrant, domain: string): Promise<string | undefined> {
  const { stdout } = await tryCommand([...VIRSH, 'domiflist', domain]);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find(([, , source]) => source === network)?.[4];
}

async function lines(...args: readonly string[]): Promise<readonly string[]> {
  const text = await runCommand([...VIRSH, ...args]);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
