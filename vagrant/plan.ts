/** What a Vagrantfile is rendered from. */

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly memoryMebibytes: number;
  readonly cpus: number;
  /** The CPU of this machine that each of its own stands on. */
  readonly pins?: readonly number[];
  /** Share of its CPUs that it may use, 1 to 100. */
  readonly capPercent?: number;
  /** Kept by the hypervisor beside the machine. */
  readonly note: string;
}

export interface VagrantfilePlan {
  /** Where it comes from, and what it is: the first lines, as comments. */
  readonly about: readonly string[];
  readonly box: string;
  readonly boxVersion?: string;
  readonly bootTimeoutSeconds: number;
  /** In front of each machine's name, in the hypervisor's own lists. */
  readonly prefix: string;
  readonly netmask: string;
  readonly hypervisor: LibvirtSettings | VirtualBoxSettings;
  readonly machines: readonly Machine[];
}

export interface LibvirtSettings {
  readonly kind: 'libvirt';
  readonly driver: 'kvm' | 'qemu';
  /** What the guests' CPUs look like; without it, like this machine's. */
  readonly cpuModel?: string;
  readonly network: string;
  /** This machine's own address in the network. */
  readonly hostAddress: string;
}

export interface VirtualBoxSettings {
  readonly kind: 'virtualbox';
  /** The name of an internal network; without it the network is host-only. */
  readonly internalNetwork?: string;
  readonly linkedClones: boolean;
}
