/**
 * Rates of containers' links: token buckets in the container's network namespace and at its end on the
 * bridge, set from this machine, so that the container needs neither `tc` nor a capability. Only root
 * can, and only where the engine's containers are this machine's processes.
 */
import { runCommand } from '../../machine/command.ts';
import {
  CHANGING,
  type LinkEnd,
  linkLabel,
  possibleLink,
  shapingCommands,
  unshapingCommands,
} from '../../machine/shaping.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { Capability } from '../provider.ts';

interface LinkEntry {
  readonly ifname: string;
  readonly ifindex: number;
  readonly link_index?: number;
  readonly ifalias?: string;
}

/** Both ends of a container's cable, and what the one at the bridge is labelled with. */
export interface Cable {
  readonly port: LinkEnd;
  readonly inside: LinkEnd;
  readonly label: string;
}

/** @param processId any process of the container */
export async function findCable(processId: number): Promise<Cable | undefined> {
  const enter = ['nsenter', '--target', String(processId), '--net'];
  const inside = (await links([...enter, 'ip'])).find(({ ifname }) => ifname === 'eth0');
  const port = (await links(['ip'])).find(({ ifindex }) => ifindex === inside?.link_index);
  if (inside === undefined || port === undefined) return undefined;
  return {
    port: { where: [], device: port.ifname },
    inside: { where: [], device: 'eth0' },
    label: port.ifalias ?? '',
  };
}

async function links(ip: readonly string[]): Promise<readonly LinkEntry[]> {
  return JSON.parse(await runCommand([...ip, '-json', 'link', 'show'])) as LinkEntry[];
}

export function wantedLabel({ link }: TestbedNode, able: ReadonlySet<Capability>): string {
  const possible = possibleLink(link, able);
  return possible === undefined ? '' : linkLabel(possible);
}

/** The commands that give the link what the node asks for; the port's label is written first and last. */
export function linkCommands(
  node: TestbedNode,
  processId: number | string,
  { port, inside, label }: Cable,
  able: ReadonlySet<Capability>,
): readonly (readonly string[])[] {
  const link = possibleLink(node.link, able);
  const enter = ['nsenter', '--target', String(processId), '--net'];
  const within = (commands: readonly (readonly string[])[]) =>
    commands.map((command) => (command.includes(inside.device) ? [...enter, ...command] : command));
  const write = (text: string) => ['ip', 'link', 'set', port.device, 'alias', text];
  return [
    write(CHANGING),
    ...(label === '' ? [] : within(unshapingCommands([port, inside]))),
    ...(link === undefined ? [] : within(shapingCommands(link, port, inside))),
    write(wantedLabel(node, able)),
  ];
}
