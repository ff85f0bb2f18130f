/** VirtualBox through VBoxManage. */
import { runCommand, tryCommand } from '../../machine/command.ts';
import type { Hypervisor, MachineFacts } from './hypervisor.ts';
import type { OwnVagrant } from './settings.ts';

const TOOL = 'VBoxManage';
/** Vagrant's own is adapter 1. */
const TESTBED_ADAPTER = 2;

export const virtualBox: Hypervisor = {
  async isThere() {
    return (await tryCommand([TOOL, '--version'])).exitCode === 0;
  },

  async allMachines() {
    return Promise.all(
      (await machineNames()).map(async (name) => {
        const text = await runCommand([TOOL, 'showvminfo', name, '--machinereadable']);
        return { name, note: machineFacts(text).note };
      }),
    );
  },

  async machines(own) {
    const names = await ownMachines(own);
    return new Map(
      await Promise.all(
        names.map(async (name): Promise<[string, MachineFacts]> => {
          const text = await runCommand([TOOL, 'showvminfo', name, '--machinereadable']);
          return [name.slice(own.prefix.length), machineFacts(text)];
        }),
      ),
    );
  },

  async removeMachine(own, node) {
    const name = own.prefix + node;
    if ((await ownMachines(own)).includes(name)) await remove(name);
  },

  async removeAll(own) {
    const names = await ownMachines(own);
    for (const name of names) await remove(name);
    return names.map((name) => `machine ${name}`);
  },

  async pause({ prefix }, node) {
    await runCommand([TOOL, 'controlvm', prefix + node, 'pause']);
    return async () => {
      await tryCommand([TOOL, 'controlvm', prefix + node, 'resume']);
    };
  },

  async unplug({ prefix }, node) {
    const link = (state: string) => [
      ...[TOOL, 'controlvm', prefix + node, `setlinkstate${TESTBED_ADAPTER}`, state],
    ];
    await runCommand(link('off'));
    return async () => {
      await tryCommand(link('on'));
    };
  },

  async putRight({ prefix }, node, { state, unplugged }) {
    const control = [TOOL, 'controlvm', prefix + node];
    if (state === 'paused') await runCommand([...control, 'resume']);
    if (unplugged) await runCommand([...control, `setlinkstate${TESTBED_ADAPTER}`, 'on']);
  },

  async limitCpus({ prefix }, node, share) {
    const percent = String(Math.max(1, Math.round(100 * share)));
    await runCommand([TOOL, 'controlvm', prefix + node, 'cpuexecutioncap', percent]);
  },

  async cpuShare({ prefix }, node) {
    const text = await runCommand([TOOL, 'showvminfo', prefix + node, '--machinereadable']);
    return Number(fieldOf(text, 'cpuexecutioncap') ?? 100) / 100;
  },
};

/** From `showvminfo --machinereadable`: lines of KEY=VALUE, texts in double quotes. */
export function machineFacts(text: string): MachineFacts {
  const state = fieldOf(text, 'VMState');
  return {
    id: fieldOf(text, 'UUID') ?? '',
    state: state === 'running' || state === 'paused' ? state : 'off',
    note: fieldOf(text, 'description') ?? '',
    unplugged: fieldOf(text, `cableconnected${TESTBED_ADAPTER}`) === 'off',
  };
}

function fieldOf(text: string, key: string): string | undefined {
  return new RegExp(`^${key}="?(.*?)"?$`, 'm').exec(text)?.[1];
}

async function ownMachines({ prefix }: OwnVagrant): Promise<readonly string[]> {
  return (await machineNames()).filter((name) => name.startsWith(prefix));
}

/** From lines of `"NAME" {UUID}`. */
async function machineNames(): Promise<readonly string[]> {
  const text = await runCommand([TOOL, 'list', 'vms']);
  return [...text.matchAll(/^"(.*)" \{/gm)].map(([, name = '']) => name);
}

async function remove(name: string): Promise<void> {
  await tryCommand([TOOL, 'controlvm', name, 'poweroff']);
  await runCommand([TOOL, 'unregistervm', name, '--delete']);
}
