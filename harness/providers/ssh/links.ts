/**
 * A machine's link as `tc` shapes it, in both directions: what it sends on the testbed's interface, what it
 * receives on a device that stands in for it. The harness' own connections go around the shaping, so that
 * neither a slow nor a lossy link ever keeps one out.
 */
import type { Link } from '../../spec/resolved.ts';
import type { OwnNames } from './hosts.ts';

type Command = readonly string[];

/** More than any link has: for what is not shaped. */
const UNLIMITED = '100gbit';
/** Longer bursts pass faster than the rate, shorter ones cost the kernel time. */
const BURST_SECONDS = 0.002;
const SMALLEST_BURST_BYTES = 16_384;
/** What does not fit into so long a queue is dropped, as a switch would. */
const QUEUE_SECONDS = 0.1;
const SMALLEST_QUEUE_BYTES = 65_536;
/** Packets that may be under way at once: netem's own limit of 1000 is too low for fast links. */
const PACKETS_UNDER_WAY = 100_000;

export interface LinkSite {
  /** That has the node's address. */
  readonly device: string;
  /** Of the harness' connections. */
  readonly sshPort: number;
}

/** The device that stands in for what is received. */
export function receiverName({ id }: OwnNames): string {
  return `tbi${id}`.slice(0, 15);
}

/** What is written down of a link that is shaped; another boot has forgotten it. */
export function linkRecord(link: Link, { device }: LinkSite, bootId: string): string {
  return `${JSON.stringify({ device, ...link })} ${bootId}\n`;
}

export function shapingCommands(link: Link, site: LinkSite, names: OwnNames): readonly Command[] {
  const receiver = receiverName(names);
  const { device } = site;
  const { rateBitsPerSecond, ...lossy } = link;
  return [
    ...around(device, site, 'sport'),
    ...limited(device, rateBitsPerSecond),
    ...(Object.keys(lossy).length === 0
      ? [queue(device, rateBitsPerSecond)]
      : [netem(device, lossy)]),
    ...(rateBitsPerSecond === undefined
      ? []
      : [
          ['ip', 'link', 'add', receiver, 'type', 'ifb'],
          ['ip', 'link', 'set', receiver, 'up'],
          ...around(receiver, site, 'dport'),
          ...limited(receiver, rateBitsPerSecond),
          queue(receiver, rateBitsPerSecond),
          ['tc', 'qdisc', 'add', 'dev', device, 'handle', 'ffff:', 'ingress'],
          ['tc', 'filter', 'add', 'dev', device, 'parent', 'ffff:', 'protocol', 'ip', 'prio', '1']
            .concat(['u32', 'match', 'u32', '0', '0'])
            .concat(['action', 'mirred', 'egress', 'redirect', 'dev', receiver]),
        ]),
  ];
}

/** A script that takes all shaping away, whatever there is of it. */
export function unshapingScript({ device }: Pick<LinkSite, 'device'>, names: OwnNames): string {
  return [
    `tc qdisc del dev ${device} root 2> /dev/null`,
    `tc qdisc del dev ${device} ingress 2> /dev/null`,
    `ip link delete ${receiverName(names)} 2> /dev/null`,
    'true',
  ].join('; ');
}

/** The harness' connections in a class without limits, all else in another. */
function around(
  device: string,
  { sshPort }: LinkSite,
  which: 'sport' | 'dport',
): readonly Command[] {
  const filter = [
    'tc',
    'filter',
    'add',
    'dev',
    device,
    'parent',
    '1:',
    'protocol',
    'ip',
    'prio',
    '1',
  ];
  const matches = ['match', 'ip', 'protocol', '6', '0xff', 'match', 'ip', which, String(sshPort)];
  return [
    ['tc', 'qdisc', 'replace', 'dev', device, 'root', 'handle', '1:', 'htb', 'default', '2'],
    [
      'tc',
      'class',
      'add',
      'dev',
      device,
      'parent',
      '1:',
      'classid',
      '1:1',
      'htb',
      'rate',
      UNLIMITED,
    ],
    [...filter, 'u32', ...matches, '0xffff', 'flowid', '1:1'],
  ];
}

function limited(device: string, rate: number | undefined): readonly Command[] {
  const own = [
    'tc',
    'class',
    'add',
    'dev',
    device,
    'parent',
    '1:',
    'classid',
    '1:2',
    'htb',
    'rate',
  ];
  if (rate === undefined) return [[...own, UNLIMITED]];
  const burst = `${burstBytes(rate)}b`;
  return [[...own, `${rate}bit`, 'ceil', `${rate}bit`, 'burst', burst, 'cburst', burst]];
}

function queue(device: string, rate = 1e9): Command {
  const bytes = Math.max(SMALLEST_QUEUE_BYTES, Math.round((rate / 8) * QUEUE_SECONDS));
  const leaf = ['tc', 'qdisc', 'add', 'dev', device, 'parent', '1:2', 'handle', '20:'];
  return [...leaf, 'bfifo', 'limit', `${bytes}b`];
}

function netem(device: string, { delayMs, jitterMs, loss }: Link): Command {
  return [
    ...['tc', 'qdisc', 'add', 'dev', device, 'parent', '1:2', 'handle', '20:'],
    ...['netem', 'limit', String(PACKETS_UNDER_WAY)],
    ...(delayMs === undefined ? [] : ['delay', `${delayMs}ms`]),
    ...(jitterMs === undefined ? [] : [`${jitterMs}ms`]),
    ...(loss === undefined ? [] : ['loss', 'random', `${loss * 100}%`]),
  ];
}

function burstBytes(rate: number): number {
  return Math.max(SMALLEST_BURST_BYTES, Math.round((rate / 8) * BURST_SECONDS));
}

const CHAIN = 'ip link add p type ifb && ip link set p up && tc qdisc add dev p root handle 1: htb';
const IN_NOWHERE = ['unshare', '--net', 'sh', '-c'];

/** Commands, as root, that tell by their success what the kernel can do; nothing is left of them. */
export const TRIALS: Readonly<Record<'shape' | 'delay', Command>> = {
  shape: [...IN_NOWHERE, `${CHAIN} && tc qdisc add dev p ingress`],
  delay: [...IN_NOWHERE, 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms'],
};
