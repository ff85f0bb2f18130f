/** What an experiment does to nodes on purpose, and whether that makes sense. */
import type { FaultVerb } from '../results/format.ts';
import type { SpecDocument } from './document.ts';
import type { ExperimentSpec } from './experiment.ts';
import type { SpecFault } from './faults.ts';
import type { NodeFault, Testbed } from './resolved.ts';
import { parseDurationMs, parsePercent } from './units.ts';

const FAULT_VERBS: readonly FaultVerb[] = ['kill', 'freeze', 'slow', 'cut', 'return', 'join'];

type FaultSpec = NonNullable<ExperimentSpec['faults']>[number];

const LASTING: ReadonlySet<FaultVerb> = new Set(['freeze', 'slow', 'cut']);

function verbsOf(spec: FaultSpec): readonly FaultVerb[] {
  return FAULT_VERBS.filter((verb) => spec[verb] !== undefined);
}

/** Of specs without faults of form. */
export function resolveNodeFaults(specs: readonly FaultSpec[]): readonly NodeFault[] {
  return specs.map((spec) => {
    const verb = verbsOf(spec)[0]!;
    return {
      verb,
      node: spec[verb]!,
      atMs: parseDurationMs(spec.at),
      ...(spec.for === undefined ? {} : { forMs: parseDurationMs(spec.for) }),
      ...(spec.to === undefined ? {} : { share: parsePercent(spec.to) }),
    };
  });
}

/** What is wrong with an entry by itself: one verb each, and what belongs to it. */
export function nodeFaultFormFaults(
  document: SpecDocument,
  specs: readonly FaultSpec[],
): SpecFault[] {
  return specs.flatMap((spec, index) => {
    const path = ['faults', index];
    const verbs = verbsOf(spec);
    const [verb] = verbs;
    if (verb === undefined || verbs.length > 1) {
      const found = verb === undefined ? 'none' : verbs.join(' and ');
      const hint = `one of ${FAULT_VERBS.join(', ')}, each with a node's name`;
      return [document.fault(path, `\`faults.${index}\` needs one verb, not ${found}`, { hint })];
    }
    const faults: SpecFault[] = [];
    if (spec.for !== undefined && !LASTING.has(verb)) {
      const hint = 'it belongs to freeze, slow and cut';
      faults.push(document.fault([...path, 'for'], `${verb} does not last`, { hint, at: 'key' }));
    }
    if (spec.to !== undefined && verb !== 'slow') {
      const message = `${verb} has no \`to\``;
      const hint = 'it belongs to slow';
      faults.push(document.fault([...path, 'to'], message, { hint, at: 'key' }));
    }
    if (verb === 'slow' && spec.to === undefined) {
      const hint = 'the share of its CPUs that the node keeps, such as 25%';
      faults.push(document.fault(path, `\`faults.${index}\` needs \`to\``, { hint }));
    }
    return faults;
  });
}

/** Where a node is in the course of a trial. */
type Presence =
  | { readonly kind: 'there' }
  | { readonly kind: 'absent'; readonly joinsAtMs: number }
  | { readonly kind: 'killed'; readonly sinceMs: number };

/** What is wrong with the entries together, on that testbed; `sources` are the edges with frames. */
export function nodeFaultFaults(
  document: SpecDocument,
  nodeFaults: readonly NodeFault[],
  { name, nodes }: Testbed,
  sources: readonly string[],
): SpecFault[] {
  const faults: SpecFault[] = [];
  const roles = new Map(nodes.map((node) => [node.name, node.role]));
  const presence = new Map<string, Presence>();
  const inOrder = [...nodeFaults.entries()].toSorted(([, a], [, b]) => a.atMs - b.atMs);
  for (const [, { verb, node, atMs }] of inOrder) {
    if (verb === 'join' && !presence.has(node)) {
      presence.set(node, { kind: 'absent', joinsAtMs: atMs });
    }
  }
  for (const [index, fault] of inOrder) {
    const { verb, node, atMs } = fault;
    const tell = (message: string, hint?: string) =>
      faults.push(document.fault(['faults', index, verb], message, { hint }));
    const role = roles.get(node);
    if (role === undefined) {
      tell(`${name} has no node ${node}`, `nodes: ${[...roles.keys()].join(', ')}`);
      continue;
    }
    if (role !== 'edge' && (verb === 'join' || verb === 'return')) {
      tell(`${node} is no edge: only an edge can ${verb}`);
      continue;
    }
    if (verb === 'join' && sources.includes(node)) {
      tell(`${node} has frames, so it must be there from the beginning`);
      continue;
    }
    const problem = misfit(fault, presence.get(node) ?? { kind: 'there' });
    if (problem !== undefined) tell(...problem);
    else if (verb === 'kill') presence.set(node, { kind: 'killed', sinceMs: atMs });
    else if (verb === 'join' || verb === 'return') presence.set(node, { kind: 'there' });
  }
  return faults;
}

/** What a node cannot have done to it where it is now, with a hint. */
function misfit(
  { verb, node, atMs }: NodeFault,
  presence: Presence,
): [string, string?] | undefined {
  switch (presence.kind) {
    case 'there':
      if (verb === 'join') return [`${node} has joined already`, 'it joins once'];
      if (verb !== 'return') return undefined;
      return [`${node} is not killed before ${atMs} ms`, 'only what was killed can return'];
    case 'absent':
      if (verb === 'join') return undefined;
      return [`${node} is not there before it joins, at ${presence.joinsAtMs} ms`];
    case 'killed':
      if (verb === 'return') return undefined;
      return [`${node} is dead since ${presence.sinceMs} ms`, `let it \`return\` first`];
    default:
      return presence satisfies never;
  }
}
