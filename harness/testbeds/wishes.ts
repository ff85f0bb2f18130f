/** What a testbed or an experiment asks for beside what the provider can do: it declares, this decides. */
import { TilebedError } from '../../runtime/errors.ts';
import type { Capability } from '../providers/provider.ts';
import type { Link, NodeFault, Testbed, TestbedNode } from '../spec/resolved.ts';
import { capabilitiesByNode, providersText } from './parts.ts';

interface Wish {
  readonly capability: Capability;
  /** Such as "edge0 is to be pinned to CPUs 0,1". */
  readonly text: string;
  /** Links that a relay can keep as well, or nothing else can. */
  readonly relay?: 'too' | 'only';
}

export function testbedWishes({ nodes, pairs = [], medium }: Testbed): readonly Wish[] {
  return [
    ...nodes.flatMap((node) => [
      ...limitWishes(node),
      ...linkWishes(`the link of ${node.name}`, node.link, 'too'),
    ]),
    ...pairs.flatMap(({ between, link }) =>
      linkWishes(`the link between ${between.join(' and ')}`, link, 'only'),
    ),
    ...linkWishes('the shared medium', medium, 'only'),
  ];
}

function limitWishes({ name, cpus, cpuQuota, memoryBytes }: TestbedNode): readonly Wish[] {
  return [
    ...wish(cpus, 'pin', `${name} is to be pinned to CPU ${cpus?.join(', ')}`),
    ...wish(cpuQuota, 'quota', `the CPU time of ${name} is to be limited`),
    ...wish(memoryBytes, 'memory', `the memory of ${name} is to be limited`),
  ];
}

function linkWishes(what: string, link: Link = {}, relay: 'too' | 'only'): readonly Wish[] {
  const { rateBitsPerSecond, delayMs, jitterMs, loss } = link;
  return [
    ...wish(rateBitsPerSecond, 'shape', `${what} is to have a rate`),
    ...wish(delayMs, 'delay', `${what} is to have a delay`),
    ...wish(jitterMs, 'delay', `${what} is to have jitter`),
    ...wish(loss, 'delay', `${what} is to lose packets`),
  ].map((wish) => ({ ...wish, relay }));
}

function wish(value: unknown, capability: Capability, text: string): readonly Wish[] {
  return value === undefined ? [] : [{ capability, text }];
}

/** What an experiment wants to do to nodes, as far as a provider must be able to. */
function faultWishes(faults: readonly NodeFault[]): readonly (Wish & { readonly node: string })[] {
  return faults.flatMap(({ verb, node, atMs }) =>
    verb === 'freeze' || verb === 'slow' || verb === 'cut'
      ? [{ capability: verb, node, text: `${verb} ${node} at ${atMs} ms` }]
      : [],
  );
}

/** Rejects with a TilebedError (MISSING) where the provider cannot do what the experiment does to nodes. */
export async function checkFaultWishes(
  faults: readonly NodeFault[],
  testbed: Testbed,
): Promise<void> {
  const wishes = faultWishes(faults);
  if (wishes.length === 0) return;
  const able = await capabilitiesByNode(testbed);
  refuse(
    wishes.filter(({ capability, node }) => !able.get(node)!.has(capability)),
    providersText(testbed),
    'take the fault out of the experiment, or use another provider',
  );
}

/**
 * Returns a warning for each wish that cannot be kept and need not be. Throws a TilebedError (MISSING)
 * for all those that must be: a measurement on a link that is not shaped would be a wrong one.
 *
 * @param relays whether a relay can keep what is asked of links
 */
export function checkWishes(
  testbed: Testbed,
  able: ReadonlySet<Capability>,
  lenient: ReadonlySet<Capability>,
  relays: boolean,
): readonly string[] {
  const kept = ({ capability, relay }: Wish) =>
    (relays && relay !== undefined) || (relay !== 'only' && able.has(capability));
  const unkept = testbedWishes(testbed).filter((wish) => !kept(wish));
  const tolerated = new Set<Capability>([...lenient, ...testbed.tolerate]);
  refuse(
    unkept.filter(({ capability }) => !tolerated.has(capability)),
    testbed.provider,
    'take the wish out of the testbed, list it under `tolerate`, or use another provider',
  );
  return unkept.map(({ text }) => `${text}, which is not possible here: it is not`);
}

function refuse(broken: readonly Wish[], provider: string, hint: string): void {
  if (broken.length === 0) return;
  const texts = broken.map(({ text }) => text).join('; ');
  throw new TilebedError('MISSING', `the provider ${provider} cannot do this here: ${texts}`, {
    hint: `${hint}; \`tilebed doctor\` tells what works here`,
  });
}
