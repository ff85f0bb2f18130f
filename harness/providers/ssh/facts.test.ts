/** What real machines said, as it is understood. */
import { describe, expect, test } from 'vitest';
import { parseFacts } from './facts.ts';

/** A virtual machine of Debian 12 with systemd, as its script answered. */
const SYSTEMD = `seconds=1795637170.517660287
architecture=x86_64
kernel=6.1.0-56-cloud-amd64
system=Debian GNU/Linux 12 (bookworm)
model=
libc=glibc 2.36
memory=480680
swap=0
cpus=2
user=1000
root=yes
free=1767936
governor=
temperature=
throttled=
systemd=252
synchronized=no
groups=2
controllers=cpuset cpu io memory hugetlb pids rdma misc
addresses=lo@127.0.0.1/8 eth0@10.32.40.3/24 eth1@10.32.41.13/24
connection=10.32.40.254 51234 10.32.40.3 22
netplan=yes
tc=yes
iptables=
taskset=yes
boot=ee84f261-85f2-4716-8c9b-065125981818
node=v20.20.2
`;

/** A container with control groups of version 1 and no service manager. */
const VERSION_1 = `seconds=1795637170.517660287
architecture=x86_64
kernel=6.18.44
system=Debian GNU/Linux 12 (bookworm)
memory=24684092
swap=0
cpus=2
user=0
root=yes
free=67694784
groups=1
controllers=cpu cpuset memory
memoryNodes=0-1
addresses=lo@127.0.0.1/8 eth0@192.0.2.2/24
tc=yes
iptables=yes
taskset=yes
`;

/** In the form of a Raspberry Pi's: its firmware answers, its kernel keeps no memory limits. */
const PI = SYSTEMD.replace('architecture=x86_64', 'architecture=aarch64')
  .replace('model=', 'model=Raspberry Pi 4 Model B Rev 1.4')
  .replace('memory=480680', 'memory=3884420')
  .replace('swap=0', 'swap=102396')
  .replace('governor=', 'governor=ondemand')
  .replace('temperature=', 'temperature=61342')
  .replace('throttled=', 'throttled=throttled=0x50005')
  .replace('cpuset cpu io memory hugetlb pids rdma misc', 'cpuset cpu io pids')
  .replace('synchronized=no', 'synchronized=yes');

describe('facts of a machine', () => {
  test('with systemd and control groups of version 2', () => {
    expect(parseFacts(SYSTEMD, 1_795_637_170_000)).toMatchObject({
      architecture: 'x86_64',
      system: 'Debian GNU/Linux 12 (bookworm)',
      model: '',
      memoryBytes: 480_680 * 1024,
      canBeRoot: true,
      governor: undefined,
      celsius: undefined,
      throttled: undefined,
      clockOffsetMs: 518,
      isSynchronized: false,
      systemd: 252,
      groups: 2,
      controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'],
      interfaces: [
        { name: 'lo', cidr: '127.0.0.1/8' },
        { name: 'eth0', cidr: '10.32.40.3/24' },
        { name: 'eth1', cidr: '10.32.41.13/24' },
      ],
      managementAddress: '10.32.40.3',
      hasIptables: false,
      nodeVersion: 'v20.20.2',
    });
  });

  test('with control groups of version 1 and no systemd', () => {
    expect(parseFacts(VERSION_1, 0)).toMatchObject({
      systemd: undefined,
      isSynchronized: undefined,
      groups: 1,
      controllers: ['cpu', 'cpuset', 'memory'],
      memoryNodes: '0-1',
      managementAddress: undefined,
      nodeVersion: undefined,
    });
  });

  test('of a Raspberry Pi', () => {
    expect(parseFacts(PI, 0)).toMatchObject({
      model: 'Raspberry Pi 4 Model B Rev 1.4',
      swapBytes: 102_396 * 1024,
      governor: 'ondemand',
      celsius: 61.342,
      throttled: 0x50005,
      isSynchronized: true,
      controllers: ['cpuset', 'cpu', 'io', 'pids'],
    });
  });

  test.each(['VCHI initialization failed', "Can't open device file: /dev/vcio", 'throttled='])(
    'a firmware that says %s has no flags',
    (said) => {
      expect(parseFacts(PI.replace('throttled=0x50005', said), 0).throttled).toBeUndefined();
    },
  );

  test('BusyBox tells whole seconds, or the format itself', () => {
    const seconds = (text: string) => SYSTEMD.replace(/seconds=.*/, `seconds=${text}`);
    expect(parseFacts(seconds('1795637170'), 1_795_637_170_000).clockOffsetMs).toBe(0);
    expect(parseFacts(seconds('1795637170.%N'), 1_795_637_171_500).clockOffsetMs).toBe(-1500);
  });

  test('a machine that says nothing is taken for one that has nothing', () => {
    expect(parseFacts('', 0)).toMatchObject({
      architecture: 'unknown',
      canBeRoot: false,
      groups: undefined,
      cpus: 0,
      interfaces: [],
    });
  });
});
