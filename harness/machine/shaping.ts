/**
 * Links as `tc` shapes them. A node's link is the cable between it and the bridge: its rate holds in both
 * directions; delay, jitter and loss are one way, in what the node sends.
 */

import type { Capability } from '../providers/provider.ts';
import type { Link } from '../spec/resolved.ts';
import { tryCommand } from './command.ts';

/** Either end of a node's cable: arguments of `tc`, and the interface's name. */
export interface LinkEnd {
  readonly where: readonly string[];
  readonly device: string;
}

/** Longer bursts pass faster than the rate, shorter ones cost the kernel time. */
const BURST_SECONDS = 0.002;
const SMALLEST_BURST_BYTES = 16_384;
/** What does not fit into so long a queue is dropped, as a switch would. */
const QUEUE_SECONDS = 0.1;
/** In a shorter queue on a slow link, one large message starves all other connections of the node. */
const SMALLEST_QUEUE_BYTES = 65_536;
/** Packets that may be under way at once: netem's own limit of 1000 is too low for fast links. */
const PACKETS_UNDER_WAY = 100_000;

/** As much of a link as is possible here; the rest is what a testbed tolerates to lack. */
export function possibleLink(
  { rateBitsPerSecond, ...lossy }: Link = {},
  able: ReadonlySet<Capability>,
): Link | undefined {
  const link = {
    ...(rateBitsPerSecond === undefined || !able.has('shape') ? {} : { rateBitsPerSecond }),
    ...(able.has('delay') ? lossy : {}),
  };
  return Object.keys(link).length === 0 ? undefined : link;
}

/** What a link's port is labelled with while it is being changed. */
export const CHANGING = 'tilebed link: changing';

/** What it is labelled with once it is shaped. */
export function linkLabel({ rateBitsPerSecond, delayMs, jitterMs, loss }: Link): string {
  return [
    'tilebed link:',
    ...(rateBitsPerSecond === undefined ? [] : [`rate ${rateBitsPerSecond} bit/s`]),
    ...(delayMs === undefined ? [] : [`delay ${delayMs} ms`]),
    ...(jitterMs === undefined ? [] : [`jitter ${jitterMs} ms`]),
    ...(loss === undefined ? [] : [`loss ${loss}`]),
  ].join(' ');
}

/** Commands that shape what a node receives (at the port) and sends (inside). */
export function shapingCommands(
  link: Link,
  port: LinkEnd,
  inside: LinkEnd,
): readonly (readonly string[])[] {
  return [...rateCommands(link, port, ['root']), ...sendingCommands(link, inside)];
}

/** Commands that take any shaping away. */
export function unshapingCommands(ends: readonly LinkEnd[]): readonly (readonly string[])[] {
  // Deleting what is not there is an error, replacing is not.
  return ends.map((end) => tc(end, ['root', 'noqueue']));
}

function sendingCommands(link: Link, end: LinkEnd): readonly (readonly string[])[] {
  const { delayMs, jitterMs, loss } = link;
  if (delayMs === undefined && jitterMs === undefined && loss === undefined) {
    return rateCommands(link, end, ['root']);
  }
  return [
    tc(end, ['root', 'handle', '1:', ...netem(link)]),
    ...rateCommands(link, end, ['parent', '1:1']),
  ];
}

function rateCommands({ rateBitsPerSecond }: Link, end: LinkEnd, place: readonly string[]) {
  if (rateBitsPerSecond === undefined) return [];
  const burst = burstBytes(rateBitsPerSecond);
  const queue = queueBytes(rateBitsPerSecond);
  const bucket = ['tbf', 'rate', `${rateBitsPerSecond}bit`, 'burst', `${burst}b`];
  return [tc(end, [...place, 'handle', '10:', ...bucket, 'limit', `${burst + queue}b`])];
}

/** `netem` and its arguments, for all but the rate. */
export function netem({ delayMs, jitterMs, loss }: Link): readonly string[] {
  return [
    ...['netem', 'limit', String(PACKETS_UNDER_WAY)],
    ...(delayMs === undefined ? [] : ['delay', `${delayMs}ms`]),
    ...(jitterMs === undefined ? [] : [`${jitterMs}ms`]),
    ...(loss === undefined ? [] : ['loss', 'random', `${loss * 100}%`]),
  ];
}

/** What may pass at once, faster than the rate. */
export function burstBytes(rateBitsPerSecond: number): number {
  return Math.max(SMALLEST_BURST_BYTES, Math.round((rateBitsPerSecond / 8) * BURST_SECONDS));
}

/** What may wait for its turn. */
export function queueBytes(rateBitsPerSecond: number): number {
  return Math.max(SMALLEST_QUEUE_BYTES, Math.round((rateBitsPerSecond / 8) * QUEUE_SECONDS));
}

function tc({ where, device }: LinkEnd, rest: readonly string[]): readonly string[] {
  return ['tc', ...where, 'qdisc', 'replace', 'dev', device, ...rest];
}

let known: Promise<ReadonlySet<Capability>> | undefined;

/**
 * What this machine's kernel can do to a link, tried in a namespace that vanishes with the trial. Once: it
 * does not change.
 */
export function shapingAbilities(): Promise<ReadonlySet<Capability>> {
  known ??= tryAbilities();
  return known;
}

async function tryAbilities(): Promise<ReadonlySet<Capability>> {
  const able = new Set<Capability>();
  const [rate, delay] = await Promise.all([
    takes(['tbf', 'rate', '10mbit', 'burst', '32kb', 'latency', '50ms']),
    takes(['netem', 'delay', '1ms']),
  ]);
  if (rate) able.add('shape');
  if (delay) able.add('delay');
  return able;
}

async function takes(discipline: readonly string[]): Promise<boolean> {
  const script = 'ip link add probe type veth peer name peer && tc qdisc add dev probe root "$@"';
  const argv = ['unshare', '--net', 'sh', '-c', script, 'sh', ...discipline];
  return (await tryCommand(argv)).exitCode === 0;
}
