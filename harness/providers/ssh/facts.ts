/** What a machine is and has, asked in one go by a script that any POSIX shell runs. */
import type { Machine } from './machine.ts';

const SCRIPT = `
say() { printf '%s=%s\\n' "$1" "$(printf '%s' "$2" | tr '\\n' ' ')"; }
first() { cat "$@" 2> /dev/null | head -n 1 | tr -d '\\0'; }
have() { command -v "$1" > /dev/null 2>&1 && echo yes; }
say seconds "$(date +%s.%N)"
say architecture "$(uname -m)"
say kernel "$(uname -r)"
say system "$(. /etc/os-release 2> /dev/null; printf %s "$PRETTY_NAME")"
say model "$(first /proc/device-tree/model)"
say libc "$(getconf GNU_LIBC_VERSION 2> /dev/null)"
say memory "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
say swap "$(awk '/^SwapTotal/ { print $2 }' /proc/meminfo)"
say cpus "$(getconf _NPROCESSORS_ONLN)"
say user "$(id -u)"
if [ "$(id -u)" = 0 ] || sudo -n true 2> /dev/null; then say root yes; fi
say free "$(df -Pk /var/tmp | awk 'NR == 2 { print $4 }')"
say governor "$(first /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor)"
say temperature "$(first /sys/class/thermal/thermal_zone0/temp)"
say throttled "$(vcgencmd get_throttled 2> /dev/null || sudo -n vcgencmd get_throttled 2> /dev/null)"
if [ -d /run/systemd/system ]; then
  say systemd "$(systemctl --version | awk 'NR == 1 { print $2 }')"
  say synchronized "$(timedatectl show 2> /dev/null | sed -n 's/^NTPSynchronized=//p')"
fi
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  say groups 2
  say controllers "$(cat /sys/fs/cgroup/cgroup.controllers)"
elif [ -d /sys/fs/cgroup/cpu ]; then
  say groups 1
  say controllers "$(for each in cpu cpuset memory; do [ -f /sys/fs/cgroup/$each/tasks ] && echo $each; done)"
  say memoryNodes "$(first /sys/fs/cgroup/cpuset/cpuset.mems)"
fi
say addresses "$(ip -o -4 address show 2> /dev/null | awk '{ print $2 "@" $4 }')"
say connection "$SSH_CONNECTION"
say netplan "$(have netplan)"
say tc "$(have tc)"
say iptables "$(have iptables)"
say taskset "$(have taskset)"
say boot "$(first /proc/sys/kernel/random/boot_id)"
if [ -x "$1" ]; then say node "$("$1" --version 2> /dev/null)"; fi
exit 0`;

export interface HostFacts {
  readonly architecture: string;
  readonly kernel: string;
  /** Such as "Debian GNU/Linux 12 (bookworm)"; empty where it does not say. */
  readonly system: string;
  /** Such as "Raspberry Pi 4 Model B Rev 1.4"; empty where the machine does not say. */
  readonly model: string;
  /** Such as "glibc 2.36"; empty with another one. */
  readonly libc: string;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly cpus: number;
  readonly userId: number;
  /** The user is root, or becomes it without a password. */
  readonly canBeRoot: boolean;
  readonly freeBytes: number;
  readonly governor: string | undefined;
  readonly celsius: number | undefined;
  /** The firmware's flags of a Raspberry Pi; 0 is well. */
  readonly throttled: number | undefined;
  /** How much the machine's clock is ahead of this one's. */
  readonly clockOffsetMs: number;
  /** Its clock follows a time server; undefined where nobody knows. */
  readonly isSynchronized: boolean | undefined;
  /** Its version. */
  readonly systemd: number | undefined;
  readonly groups: 1 | 2 | undefined;
  readonly controllers: readonly string[];
  readonly memoryNodes: string;
  readonly interfaces: readonly { readonly name: string; readonly cidr: string }[];
  /** The address under which this machine has reached it. */
  readonly managementAddress: string | undefined;
  readonly hasNetplan: boolean;
  readonly hasTc: boolean;
  readonly hasIptables: boolean;
  readonly hasTaskset: boolean;
  readonly bootId: string;
  /** The version of the Node.js that was asked about. */
  readonly nodeVersion: string | undefined;
}

/** @param node the path of a Node.js to ask about. Rejects with a TilebedError (FAILED). */
export async function gatherFacts(machine: Machine, node: string): Promise<HostFacts> {
  // The connection first: its making must not count as the clock's.
  await machine.run(['true']);
  const before = Date.now();
  const text = await machine.run(['sh', '-c', SCRIPT, 'sh', node]);
  return parseFacts(text, before);
}

/** @param askedAtMs this machine's clock when the question went out: the answer's first line is its reply */
export function parseFacts(text: string, askedAtMs: number): HostFacts {
  const values = new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const get = (key: string) => values.get(key) || undefined;
  const number = (key: string) => Number(get(key) ?? 0);
  const words = (key: string) => (get(key) ?? '').split(' ').filter(Boolean);
  // What the firmware's tool says where it may not ask is no number.
  const throttled = /^throttled=(0x[0-9a-f]+)$/i.exec(get('throttled') ?? '')?.[1];
  const synchronized = get('synchronized');
  const temperature = get('temperature');
  const groups = get('groups');
  return {
    architecture: get('architecture') ?? 'unknown',
    kernel: get('kernel') ?? 'unknown',
    system: get('system') ?? '',
    model: get('model') ?? '',
    libc: get('libc') ?? '',
    memoryBytes: number('memory') * 1024,
    swapBytes: number('swap') * 1024,
    cpus: number('cpus'),
    userId: number('user'),
    canBeRoot: get('root') === 'yes',
    freeBytes: number('free') * 1024,
    governor: get('governor'),
    celsius: temperature === undefined ? undefined : Number(temperature) / 1000,
    throttled: throttled === undefined ? undefined : Number.parseInt(throttled, 16),
    // BusyBox tells whole seconds only.
    clockOffsetMs: Math.round(Number.parseFloat(get('seconds') ?? '0') * 1000 - askedAtMs),
    isSynchronized: synchronized === undefined ? undefined : synchronized === 'yes',
    systemd: get('systemd') === undefined ? undefined : number('systemd'),
    groups: groups === '1' ? 1 : groups === '2' ? 2 : undefined,
    controllers: words('controllers'),
    memoryNodes: get('memoryNodes') ?? '0',
    interfaces: words('addresses').map((each) => {
      const [name = '', cidr = ''] = each.split('@');
      return { name, cidr };
    }),
    managementAddress: words('connection')[2],
    hasNetplan: get('netplan') === 'yes',
    hasTc: get('tc') === 'yes',
    hasIptables: get('iptables') === 'yes',
    hasTaskset: get('taskset') === 'yes',
    bootId: get('boot') ?? '',
    nodeVersion: get('node'),
  };
}
