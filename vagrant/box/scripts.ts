/** What mmdebstrap runs while it makes a box: both get the root file system's folder as their argument. */

/** Before packages are installed: an initial RAM disk with just what a virtual machine's disk needs. */
export const SETUP = `#!/bin/sh
set -e
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
printf 'MODULES=list\\nBUSYBOX=n\\nCOMPRESS=gzip\\n' > "$1/etc/initramfs-tools/conf.d/tilebed"
printf 'virtio_pci\\nvirtio_blk\\nvirtio_net\\next4\\n' > "$1/usr/share/initramfs-tools/modules.d/tilebed"
`;

/** Nobody waits for them in a machine that lives for an experiment, and emulated ones start slowly. */
const MASKED = [
  'systemd-networkd-wait-online.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'dpkg-db-backup.timer',
  'systemd-binfmt.service',
  'systemd-pstore.service',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-modules-load.service',
  'getty@tty1.service',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-random-seed.service',
  'systemd-journal-flush.service',
];

/**
 * After that. It takes vagrant_private_key.pub and node from the folder that it lies in, and leaves the two
 * parts of GRUB there. Its own host keys each machine makes when it first starts.
 */
export const CUSTOMIZE = `#!/bin/sh
set -e
root=$1
here=$(dirname "$0")

useradd -R "$root" -m -s /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD:ALL' > "$root/etc/sudoers.d/vagrant"
chmod 440 "$root/etc/sudoers.d/vagrant"
install -d -m 700 "$root/home/vagrant/.ssh"
install -m 600 "$here/vagrant_private_key.pub" "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant:vagrant /home/vagrant

echo debian > "$root/etc/hostname"
printf '127.0.0.1 localhost\\n127.0.1.1 debian\\n' > "$root/etc/hosts"
echo 'LABEL=tilebed / ext4 rw,relatime 0 1' > "$root/etc/fstab"
rm -f "$root/etc/machine-id"
touch "$root/etc/machine-id"

cat > "$root/etc/netplan/01-management.yaml" << 'END'
network:
  version: 2
  ethernets:
    eth0: { dhcp4: true, dhcp-identifier: mac }
END
chmod 600 "$root/etc/netplan/01-management.yaml"
# Vagrant looks for netplan as an ordinary user.
ln -sf /usr/sbin/netplan "$root/usr/bin/netplan"
ln -sf ../sbin/tc "$root/usr/bin/tc"
# The archive lost its capability.
chmod u+s "$root/usr/bin/ping"

rm -f "$root"/etc/ssh/ssh_host_*
printf 'UseDNS no\\nHostKey /etc/ssh/ssh_host_ed25519_key\\n' > "$root/etc/ssh/sshd_config.d/tilebed.conf"
mkdir -p "$root/etc/systemd/system/ssh.service.d"
cat > "$root/etc/systemd/system/ssh.service.d/host-key.conf" << 'END'
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -s /etc/ssh/ssh_host_ed25519_key || ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key'
END
chroot "$root" systemctl enable systemd-networkd ssh 2> /dev/null
for unit in ${MASKED.join(' ')}; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

install -m 755 "$here/node" "$root/usr/local/bin/node"
chroot "$root" /usr/local/bin/node --version > "$here/node-version"

cp "$root"/boot/vmlinuz-* "$root/boot/vmlinuz.tilebed"
cp "$root"/boot/initrd.img-* "$root/boot/initrd.tilebed"
mkdir -p "$root/boot/grub"
cat > "$root/boot/grub/grub.cfg" << 'END'
linux /boot/vmlinuz.tilebed root=LABEL=tilebed rw console=ttyS0 quiet net.ifnames=0 mitigations=off
initrd /boot/initrd.tilebed
boot
END
chroot "$root" grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/core.img biosdisk part_msdos ext2 linux normal
cp "$root/boot/grub/core.img" "$root/usr/lib/grub/i386-pc/boot.img" "$here/"
`;
