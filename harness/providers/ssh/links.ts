/**
 * A machine's link as `tc` shapes it, in both directions: what it sends on the testbed's interface, what it
 * receives on a device that stands in for it. The harness' own connections go around the shaping, so that
 * neither a slow nor a lossy link ever keeps one out.
 */
import { burstBytes, netem, queueBytes } from '../../machine/shaping.ts';
import type { Link } from '../../spec/resolved.ts';
import type { OwnNames } from './hosts.ts';

type Command = readonly string[];

/** More than any link has: for what is not shaped. */
const UNLIMITED = '100gbit';
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
      : [leaf(device, netem(lossy))]),
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
  const matches = ['match', 'ip', 'protocol', '6', '0xff', 'match', 'ip', which, String(sshPort)];
  return [
    ['tc', 'qdisc', 'replace', 'dev', device, 'root', 'handle', '1:', 'htb', 'default', '2'],
    [...tcClass(device, '1:1'), UNLIMITED],
    [...filter(device), 'u32', ...matches, '0xffff', 'flowid', '1:1'],
  ];
}

function limited(device: string, rate: number | undefined): readonly Command[] {
  const own = tcClass(device, '1:2');
  if (rate === undefined) return [[...own, UNLIMITED]];
  const burst = `${burstBytes(rate)}b`;
  return [[...own, `${rate}bit`, 'ceil', `${rate}bit`, 'burst', burst, 'cburst', burst]];
}

function tcClass(device: string, id: string): Command {
  const parent = ['tc', 'class', 'add', 'dev', device, 'parent', '1:'];
  return [...parent, 'classid', id, 'htb', 'rate'];
}

function filter(device: string): Command {
  const parent = ['tc', 'filter', 'add', 'dev', device, 'parent', '1:'];
  return [...parent, 'protocol', 'ip', 'prio', '1'];
}

function queue(device: string, rate = 1e9): Command {
  return leaf(device, ['bfifo', 'limit', `${queueBytes(rate)}b`]);
}

function leaf(device: string, discipline: Command): Command {
  return [
    ...['tc', 'qdisc', 'add', 'dev', device, 'parent', '1:2', 'handle', '20:'],
    ...discipline,
  ];
}

const CHAIN = 'ip link add p type ifb && ip link set p up && tc qdisc add dev p root handle 1: htb';
const IN_NOWHERE = ['unshare', '--net', 'sh', '-c'];

/** Commands, as root, that tell by their success what the kernel can do; nothing is left of them. */
export const TRIALS: Readonly<Record<'shape' | 'delay', Command>> = {
  shape: [...IN_NOWHERE, `${CHAIN} && tc qdisc add dev p ingress`],
  delay: [...IN_NOWHERE, 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms'],
};
