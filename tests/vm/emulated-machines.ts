/**
 * Machines of their own, with systemd, netplan and an SSH server: the disk of the tests' box in QEMU, which
 * emulates them. Each has two interfaces: eth0 gets its address by DHCP and is the way in, eth1 has none.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { pathExists } from '../../harness/path-exists.ts';
import { eventually } from '../support/processes.ts';
import { skipWithout } from '../support/require.ts';
import { BOX } from './require-vagrant.ts';

const BOX_FOLDER = join(
  process.env['VAGRANT_HOME'] ?? join(homedir(), '.vagrant.d'),
  'boxes',
  BOX.replaceAll('/', '-VAGRANTSLASH-'),
  '0/libvirt',
);
const DISK = join(BOX_FOLDER, 'box.img');
const START_PATIENCE_MS = 400_000;
/** This machine's end of each network. */
const BRIDGES = { management: 'tbvmm', testbed: 'tbvmt' } as const;

async function tools(): Promise<boolean> {
  const tried = await Promise.all([
    tryCommand(['qemu-system-x86_64', '--version']),
    tryCommand(['dnsmasq', '--version']),
    tryCommand(['ip', 'tuntap', 'list']),
  ]);
  return (
    process.getuid?.() === 0 &&
    tried.every(({ exitCode }) => exitCode === 0) &&
    (await pathExists('/dev/net/tun')) &&
    (await pathExists(DISK))
  );
}

/** QEMU, dnsmasq, tap devices, and the box, whose disk is used without Vagrant. */
export const withoutEmulator = await skipWithout('qemu', tools());

export interface MachinesOptions {
  /** The first three numbers of two /24 subnets; this machine is .254 in each. */
  readonly management: string;
  readonly testbed: string;
  /** Last numbers of management addresses: a machine for each. */
  readonly hosts: readonly number[];
}

export class EmulatedMachines implements AsyncDisposable {
  readonly key = join(BOX_FOLDER, 'vagrant_private_key');
  readonly knownHosts: string;
  readonly #folder: string;
  readonly #options: MachinesOptions;
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(folder: string, options: MachinesOptions) {
    this.#folder = folder;
    this.#options = options;
    this.knownHosts = join(folder, 'known_hosts');
  }

  /** Resolves when all of them answer. */
  static async start(options: MachinesOptions): Promise<EmulatedMachines> {
    const folder = await mkdtemp(join(tmpdir(), 'tilebed-machines-'));
    const machines = new EmulatedMachines(folder, options);
    await machines.#removeLinks();
    try {
      await machines.#makeBridges();
      machines.#serveAddresses();
      for (const host of options.hosts) await machines.#boot(host);
      await Promise.all(options.hosts.map((host) => machines.#answers(host)));
      return machines;
    } catch (error) {
      await machines[Symbol.asyncDispose]();
      throw error;
    }
  }

  address(host: number): string {
    return `${this.#options.management}.${host}`;
  }

  /** By a connection of its own, as the user, who may sudo. */
  async try(host: number, command: string) {
    const options = ['ConnectTimeout=10', 'ServerAliveInterval=5', 'BatchMode=yes']
      .concat(['StrictHostKeyChecking=accept-new', `UserKnownHostsFile=${this.knownHosts}`])
      .flatMap((each) => ['-o', each]);
    const login = ['-F', '/dev/null', '-i', this.key, `vagrant@${this.address(host)}`];
    return execa('ssh', [...options, ...login, command], { reject: false, stdin: 'ignore' });
  }

  async run(host: number, command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try(host, command);
    if (exitCode === 0) return stdout;
    throw new Error(`${command} ended with ${exitCode}: ${stderr}`);
  }

  /** Both of them, as a switch that is turned off or on. */
  async setCables(host: number, state: 'up' | 'down'): Promise<void> {
    for (const bridge of Object.values(BRIDGES)) {
      await runCommand(['ip', 'link', 'set', `${bridge}${host}`, state]);
    }
  }

  async #makeBridges(): Promise<void> {
    for (const [kind, name] of Object.entries(BRIDGES)) {
      const subnet = this.#options[kind as keyof typeof BRIDGES];
      await runCommand(['ip', 'link', 'add', name, 'type', 'bridge']);
      await runCommand(['ip', 'address', 'add', `${subnet}.254/24`, 'dev', name]);
      await runCommand(['ip', 'link', 'set', name, 'up']);
      await tryCommand(rule(name, '--insert'));
    }
  }

  #serveAddresses(): void {
    const hosts = this.#options.hosts.map(
      (host) => `${hardware('40', host)},${this.address(host)}`,
    );
    const range = `${this.address(100)},${this.address(200)},255.255.255.0,1h`;
    this.#start('dnsmasq', [
      ...['--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--pid-file='],
      ...[`--interface=${BRIDGES.management}`, '--except-interface=lo', '--bind-interfaces'],
      ...['--leasefile-ro', '--log-facility=-', `--dhcp-range=${range}`],
      ...hosts.map((each) => `--dhcp-host=${each}`),
    ]);
  }

  async #boot(host: number): Promise<void> {
    const cards: string[] = [];
    for (const [index, bridge] of Object.values(BRIDGES).entries()) {
      const name = `${bridge}${host}`;
      await runCommand(['ip', 'tuntap', 'add', name, 'mode', 'tap']);
      await runCommand(['ip', 'link', 'set', name, 'master', bridge, 'up']);
      const mac = hardware(String(40 + index), host);
      cards.push('-netdev', `tap,id=n${index},ifname=${name},script=no,downscript=no`);
      cards.push('-device', `virtio-net-pci,netdev=n${index},mac=${mac},romfile=`);
    }
    this.#start('qemu-system-x86_64', [
      ...['-machine', 'pc', '-accel', 'tcg,tb-size=128', '-cpu', 'qemu64', '-smp', '2'],
      ...['-m', '512', '-nodefaults', '-display', 'none'],
      ...['-serial', `file:${join(this.#folder, `console-${host}`)}`],
      // What the machine writes is forgotten with it.
      ...['-drive', `file=${DISK},if=virtio,format=qcow2,snapshot=on`, ...cards],
    ]);
  }

  #start(file: string, args: readonly string[]): void {
    const child = execa(file, args, { reject: false, stdin: 'ignore', stdout: 'ignore' });
    this.#ends.push(async () => {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await exited;
    });
  }

  async #answers(host: number): Promise<void> {
    const isThere = async () => (await this.try(host, 'true')).exitCode === 0;
    await eventually(`machine ${host}`, isThere, START_PATIENCE_MS);
  }

  async #removeLinks(): Promise<void> {
    for (const name of Object.values(BRIDGES)) {
      for (const host of this.#options.hosts) {
        await tryCommand(['ip', 'link', 'delete', `${name}${host}`]);
      }
      await tryCommand(['ip', 'link', 'delete', name]);
      while ((await tryCommand(rule(name, '--delete'))).exitCode === 0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
    await this.#removeLinks();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function hardware(network: string, host: number): string {
  return `52:54:00:32:${network}:${host.toString(16).padStart(2, '0')}`;
}

/** Docker's firewall drops frames of bridges that are not let pass. */
function rule(name: string, action: '--insert' | '--delete'): readonly string[] {
  const pass = ['--in-interface', name, '--out-interface', name, '--jump', 'ACCEPT'];
  return ['iptables', '--wait', '5', action, 'FORWARD', ...pass];
}
