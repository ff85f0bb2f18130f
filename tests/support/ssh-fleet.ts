/**
 * Machines for tests: namespaces on a bridge, each with its own address, host name, /var/tmp and real SSH
 * server. They share the kernel and the numbers of processes with this machine.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { signalProcess } from '../../harness/machine/owned-processes.ts';
import { Sshd, SshKeys } from './sshd.ts';

export interface FleetOptions {
  /** At most 8 characters: what its links and namespaces are called. */
  readonly name: string;
  /** The first three numbers of /24 subnets; this machine is .254 in each. */
  readonly subnets: readonly string[];
  /** Last numbers of addresses: a machine for each, in each subnet. */
  readonly hosts: readonly number[];
}

export class SshFleet implements AsyncDisposable {
  readonly keys: SshKeys;
  readonly #options: FleetOptions;
  readonly #servers: Sshd[] = [];

  private constructor(keys: SshKeys, options: FleetOptions) {
    this.keys = keys;
    this.#options = options;
  }

  static async start(options: FleetOptions): Promise<SshFleet> {
    const fleet = new SshFleet(await SshKeys.make(), options);
    await fleet.#removeLinks();
    await fleet.#makeBridge();
    await Promise.all(fleet.#addresses().map((address) => fleet.#startMachine(address)));
    return fleet;
  }

  /** The block of a testbed that reaches them. */
  block(more = ''): string {
    return `ssh:
  user: root
  key: ${this.keys.userKey}
  hostKeys: accept-new
  knownHosts: ${this.keys.knownHosts}
  node: ${process.execPath}
${more}`;
  }

  /** What a machine has in a folder of /var/tmp. */
  async names(address: string, folder = ''): Promise<readonly string[]> {
    return readdir(join(this.#home(address), folder)).catch(() => []);
  }

  /** What a machine receives in a second at most, such as 40mbit; no limit for none. */
  async limit(address: string, rate: string | undefined): Promise<void> {
    const discipline = ['dev', this.#port(address), 'root'];
    await tryCommand(['tc', 'qdisc', 'delete', ...discipline]);
    if (rate === undefined) return;
    const bucket = ['tbf', 'rate', rate, 'burst', '64kb', 'latency', '100ms'];
    await runCommand(['tc', 'qdisc', 'add', ...discipline, ...bucket]);
  }

  #addresses(): readonly string[] {
    const { subnets, hosts } = this.#options;
    return subnets.flatMap((subnet) => hosts.map((host) => `${subnet}.${host}`));
  }

  namespace(address: string): string {
    return `${this.#options.name}-${address}`;
  }

  #port(address: string): string {
    return `${this.#options.name}${address.split('.').slice(2).join('.')}`;
  }

  async #makeBridge(): Promise<void> {
    const { name, subnets } = this.#options;
    await runCommand(['ip', 'link', 'add', name, 'type', 'bridge']);
    for (const subnet of subnets) {
      await runCommand(['ip', 'address', 'add', `${subnet}.254/24`, 'dev', name]);
    }
    await runCommand(['ip', 'link', 'set', name, 'up']);
    await tryCommand(this.#rule('--insert'));
  }

  /** Docker's firewall drops frames of bridges that are not let pass. */
  #rule(action: '--insert' | '--delete'): readonly string[] {
    const { name } = this.#options;
    const pass = ['--in-interface', name, '--out-interface', name, '--jump', 'ACCEPT'];
    return ['iptables', '--wait', '5', action, 'FORWARD', ...pass];
  }

  async #startMachine(address: string): Promise<void> {
    const { name } = this.#options;
    const namespace = this.namespace(address);
    const port = this.#port(address);
    const inside = ['ip', '-n', namespace];
    await runCommand(['ip', 'netns', 'add', namespace]);
    const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
    await runCommand(['ip', 'link', 'add', port, ...peer]);
    await runCommand(['ip', 'link', 'set', port, 'master', name, 'up']);
    await runCommand([...inside, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
    await runCommand([...inside, 'link', 'set', 'eth0', 'up']);
    await runCommand([...inside, 'link', 'set', 'lo', 'up']);
    const home = this.#home(address);
    await mkdir(home, { recursive: true });
    const script = 'mount --bind "$1" /var/tmp && hostname "$2" && shift 2 && exec "$@"';
    const enter = ['nsenter', `--net=/run/netns/${namespace}`, 'unshare', '--mount', '--uts'];
    const hostname = `pi-${address.split('.').at(-1)}`;
    this.#servers.push(
      await Sshd.start(this.keys, {
        address,
        port: 22,
        launcher: [...enter, 'sh', '-c', script, 'sh', home, hostname],
      }),
    );
  }

  #home(address: string): string {
    return join(this.keys.folder, address);
  }

  async #removeLinks(): Promise<void> {
    const { name } = this.#options;
    for (const address of this.#addresses()) {
      // Sessions outlive their server, and with them the namespace.
      const { stdout } = await tryCommand(['ip', 'netns', 'pids', this.namespace(address)]);
      for (const id of stdout.split('\n').filter(Boolean)) signalProcess(Number(id), 'SIGKILL');
      await tryCommand(['ip', 'link', 'delete', this.#port(address)]);
      await tryCommand(['ip', 'netns', 'delete', this.namespace(address)]);
    }
    await tryCommand(['ip', 'link', 'delete', name]);
    while ((await tryCommand(this.#rule('--delete'))).exitCode === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    await this.#removeLinks();
    await this.keys[Symbol.asyncDispose]();
  }
}
