/**
 * What a testbed of namespaces still wants: pure, from the testbed and a snapshot of the machine. A step
 * holds only the commands whose effect is missing, so a plan that was broken off goes on where it
 * stopped, and one that is all in place is empty.
 */

import {
  CHANGING,
  type LinkEnd,
  linkLabel,
  possibleLink,
  shapingCommands,
  unshapingCommands,
} from '../../machine/shaping.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import type { Capability } from '../provider.ts';
import { forwardRule } from './firewall.ts';
import { type OwnNames, portName } from './names.ts';
import type { Interface, Snapshot } from './snapshot.ts';

/** Commands under one title. */
export interface CommandStep {
  readonly title: string;
  readonly node?: string;
  readonly actions: readonly (readonly string[])[];
}

/** A command, and whether what it does is there already. */
type Wanted = readonly [present: boolean, command: readonly string[]];

export interface NetworkFacts {
  readonly names: OwnNames;
  readonly snapshot: Snapshot;
  /** Frames of bridges go through iptables on this machine. */
  readonly filtered: boolean;
  /** What its kernel can do to links. */
  readonly able: ReadonlySet<Capability>;
}

/** Steps that have nothing to do are left out. */
export function networkSteps(testbed: Testbed, facts: NetworkFacts): readonly CommandStep[] {
  return [
    removeStrays(testbed, facts),
    makeBridge(testbed, facts),
    ...testbed.nodes.flatMap((node) => [
      makeNamespace(node, facts),
      connect(node, testbed, facts),
      shape(node, testbed, facts),
    ]),
  ].filter(({ actions }) => actions.length > 0);
}

export function namespaceName({ prefix }: OwnNames, node: string): string {
  return prefix + node;
}

/** What an earlier version of the testbed had. */
function removeStrays({ nodes, subnet }: Testbed, { names, snapshot }: NetworkFacts): CommandStep {
  const namespaces = new Set(nodes.map(({ name }) => namespaceName(names, name)));
  const ports = new Set(nodes.map(({ address }) => portName(names, address, subnetOf(subnet))));
  const strayPorts = [...snapshot.interfaces.keys()].filter(
    (name) => name.startsWith(names.portPrefix) && !ports.has(name),
  );
  const strayNamespaces = [...snapshot.namespaces.keys()].filter((name) => !namespaces.has(name));
  return {
    title: 'remove nodes and links that the testbed no longer has',
    actions: [
      ...strayPorts.map((name) => ['ip', 'link', 'delete', name]),
      ...strayNamespaces.map((name) => ['ip', 'netns', 'delete', name]),
    ],
  };
}

function makeBridge(testbed: Testbed, { names, snapshot, filtered }: NetworkFacts): CommandStep {
  const { bridge, label } = names;
  const subnet = subnetOf(testbed.subnet);
  const address = `${hostAddress(subnet, testbed.nodes)}/${subnet.prefix}`;
  const found = snapshot.interfaces.get(bridge);
  return {
    title: `make the bridge ${bridge} and give this machine ${address} on it`,
    actions: missing([
      [found !== undefined, ['ip', 'link', 'add', bridge, 'type', 'bridge']],
      [found?.alias === label, ['ip', 'link', 'set', bridge, 'alias', label]],
      ...addressing(found, [], bridge, address),
      [found?.up === true, ['ip', 'link', 'set', bridge, 'up']],
      [snapshot.forwards || !filtered, forwardRule('--insert', names)],
    ]),
  };
}

function makeNamespace({ name }: TestbedNode, { names, snapshot }: NetworkFacts): CommandStep {
  const namespace = namespaceName(names, name);
  const found = snapshot.namespaces.get(namespace);
  return {
    title: `make the namespace of ${name}`,
    node: name,
    actions: missing([
      [found !== undefined, ['ip', 'netns', 'add', namespace]],
      [found?.get('lo')?.up === true, ['ip', '-n', namespace, 'link', 'set', 'lo', 'up']],
    ]),
  };
}

function connect(
  node: TestbedNode,
  testbed: Testbed,
  { names, snapshot }: NetworkFacts,
): CommandStep {
  const namespace = namespaceName(names, node.name);
  const subnet = subnetOf(testbed.subnet);
  const port = portName(names, node.address, subnet);
  const outside = snapshot.interfaces.get(port);
  const inside = snapshot.namespaces.get(namespace)?.get('eth0');
  const made = outside !== undefined && inside !== undefined;
  const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
  const plugged = outside?.master === names.bridge && outside.up;
  return {
    title: `connect ${node.name} at ${node.address}`,
    node: node.name,
    actions: missing([
      [made, ['ip', 'link', 'add', port, ...peer]],
      [plugged, ['ip', 'link', 'set', port, 'master', names.bridge, 'up']],
      ...addressing(inside, ['-n', namespace], 'eth0', `${node.address}/${subnet.prefix}`),
      [inside?.up === true, ['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']],
    ]),
  };
}

/** The port's label, written first and last, tells whether the link is as it is asked for. */
function shape(
  node: TestbedNode,
  testbed: Testbed,
  { names, snapshot, able }: NetworkFacts,
): CommandStep {
  const namespace = namespaceName(names, node.name);
  const device = portName(names, node.address, subnetOf(testbed.subnet));
  const { alias = '' } = snapshot.interfaces.get(device) ?? {};
  const port: LinkEnd = { where: [], device };
  const inside: LinkEnd = { where: ['-netns', namespace], device: 'eth0' };
  const link = possibleLink(node.link, able);
  const wanted = link === undefined ? '' : linkLabel(link);
  const label = (text: string) => ['ip', 'link', 'set', device, 'alias', text];
  return {
    title: link === undefined ? `free the link of ${node.name}` : `shape the link of ${node.name}`,
    node: node.name,
    actions:
      alias === wanted
        ? []
        : [
            label(CHANGING),
            ...(alias === '' ? [] : unshapingCommands([port, inside])),
            ...(link === undefined ? [] : shapingCommands(link, port, inside)),
            label(wanted),
          ],
  };
}

/** Gives an interface that address, and takes any other away. */
function addressing(
  found: Interface | undefined,
  where: readonly string[],
  device: string,
  address: string,
): Wanted[] {
  const others = (found?.addresses ?? []).filter((other) => other !== address);
  const change = (verb: string, which: string) =>
    ['ip', ...where, 'address', verb, which, 'dev', device] as const;
  return [
    ...others.map((other): Wanted => [false, change('delete', other)]),
    [found?.addresses.includes(address) === true, change('add', address)],
  ];
}

function missing(wanted: readonly Wanted[]): readonly (readonly string[])[] {
  return wanted.filter(([present]) => !present).map(([, command]) => command);
}
