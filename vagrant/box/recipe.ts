/**
 * How a box of Debian is made from its packages, where none can be downloaded: text and argument arrays,
 * which somebody else writes and runs. The disk starts by itself (GRUB in its first sectors), so it needs
 * nothing of the hypervisor but a disk.
 */
import { CUSTOMIZE, SETUP } from './scripts.ts';

export interface BoxFile {
  /** In the working folder. */
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

export interface BoxRecipe {
  readonly files: readonly BoxFile[];
  /** Makes the root file system as an archive. */
  readonly bootstrap: readonly string[];
  /** Makes a disk of it, whose first sectors are still to be written. */
  readonly disk: readonly (readonly string[])[];
  /** Makes the box of the finished disk. */
  readonly pack: readonly (readonly string[])[];
}

export interface BoxRequest {
  /** A working folder that is empty. */
  readonly folder: string;
  /** The box to make. */
  readonly output: string;
  /** Of Debian, such as bookworm. */
  readonly suite: string;
}

/** Sparse: what a machine does not write takes no room. */
export const DISK_BYTES = 3 * 2 ** 30;
/** Where the only partition begins; GRUB lies before it. */
export const PARTITION_OFFSET_BYTES = 2 ** 20;

const PACKAGES = [
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'grub-pc-bin', 'grub-common'],
  ...['systemd-sysv', 'udev', 'dbus', 'kmod', 'procps'],
  ...['netplan.io', 'iproute2', 'iputils-ping', 'openssh-server', 'sudo', 'rsync'],
  // What Node.js and its engines are linked with.
  ...['libstdc++6', 'libgcc-s1'],
];
const UNWANTED = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

export function boxRecipe({ folder, output, suite }: BoxRequest): BoxRecipe {
  const at = (name: string) => `${folder}/${name}`;
  const partitionKibibytes = (DISK_BYTES - PARTITION_OFFSET_BYTES) / 1024;
  const virtualGibibytes = DISK_BYTES / 2 ** 30;
  return {
    files: [
      { name: 'setup', text: SETUP, mode: 0o755 },
      { name: 'customize', text: CUSTOMIZE, mode: 0o755 },
      {
        name: 'metadata.json',
        text: `${JSON.stringify({ provider: 'libvirt', format: 'qcow2', virtual_size: virtualGibibytes })}\n`,
        mode: 0o644,
      },
      { name: 'Vagrantfile', text: BOX_VAGRANTFILE, mode: 0o644 },
    ],
    bootstrap: [
      ...[
        'mmdebstrap',
        '--variant=minbase',
        '--mode=root',
        '--aptopt=APT::Install-Recommends "false"',
      ],
      ...UNWANTED.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...[`--include=${PACKAGES.join(',')}`, `--setup-hook=${at('setup')}`],
      ...[`--customize-hook=${at('customize')}`, suite, at('root.tar')],
    ],
    disk: [
      ['mkdir', at('root')],
      ['tar', '--extract', '--numeric-owner', '--file', at('root.tar'), '--directory', at('root')],
      ['truncate', '--size', String(DISK_BYTES), at('disk')],
      [
        ...['mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'tilebed'],
        ...['-E', `offset=${PARTITION_OFFSET_BYTES},nodiscard`, '-d', at('root')],
        ...[at('disk'), `${partitionKibibytes}k`],
      ],
    ],
    pack: [
      ['qemu-img', 'convert', '-O', 'qcow2', at('disk'), at('box.img')],
      [
        ...['tar', '--create', '--use-compress-program=gzip -1', '--file', output],
        ...[
          '--directory',
          folder,
          'metadata.json',
          'Vagrantfile',
          'vagrant_private_key',
          'box.img',
        ],
      ],
    ],
  };
}

/** The key is the box's own, made with it: Vagrant then need not replace the one that everybody knows. */
const BOX_VAGRANTFILE = `Vagrant.configure("2") do |config|
  config.ssh.private_key_path = File.expand_path("vagrant_private_key", __dir__)
end
`;
