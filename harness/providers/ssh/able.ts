/** What a machine is able to do, tried where only a trial tells. */
import type { TestbedNode } from '../../spec/resolved.ts';
import type { Capability } from '../provider.ts';
import type { OwnNames } from './hosts.ts';
import { limiterOf } from './limits.ts';
import { TRIALS } from './links.ts';
import type { ReachedNode } from './survey.ts';

export async function capabilitiesOf(
  { spec, facts, machine }: ReachedNode,
  names: OwnNames,
): Promise<ReadonlySet<Capability>> {
  const able = new Set<Capability>(['freeze', ...limiterOf(facts, names, spec).able]);
  if (!facts.canBeRoot) return able;
  if (facts.hasIptables) able.add('cut');
  if (!facts.hasTc || !wantsLink(spec)) return able;
  for (const capability of ['shape', 'delay'] as const) {
    const { exitCode } = await machine.try(TRIALS[capability], { asRoot: true });
    if (exitCode === 0) able.add(capability);
  }
  return able;
}

/** Tried only where it matters. */
function wantsLink({ link }: Pick<TestbedNode, 'link'>): boolean {
  return link !== undefined;
}

/** What all are able to do; of links, what those are able to do that want them. */
export function common(
  nodes: readonly { readonly spec: TestbedNode; readonly able: ReadonlySet<Capability> }[],
): ReadonlySet<Capability> {
  const [first, ...others] = nodes.map(({ spec, able }) =>
    wantsLink(spec) ? able : new Set<Capability>([...able, 'shape', 'delay']),
  );
  return new Set([...(first ?? [])].filter((each) => others.every((able) => able.has(each))));
}
