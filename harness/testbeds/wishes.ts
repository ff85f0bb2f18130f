/** What a testbed or an experiment asks for beside what the provider can do: it declares, this decides. */
import { TilebedError } from '../../runtime/errors.ts';
import type { Capability } from '../providers/provider.ts';
import { providerNamed } from '../providers/registry.ts';
import type { NodeFault, Testbed } from '../spec/resolved.ts';

interface Wish {
  readonly capability: Capability;
  /** Such as "edge0 is to be pinned to CPUs 0,1". */
  readonly text: string;
}

export function testbedWishes({ nodes, link }: Testbed): readonly Wish[] {
  return [
    ...(link === undefined
      ? []
      : [{ capability: 'shape' as const, text: 'the link is to be shaped' }]),
    ...nodes.flatMap(({ name, cpus, memoryBytes }): Wish[] => [
      ...(cpus === undefined
        ? []
        : [
            {
              capability: 'pin' as const,
              text: `${name} is to be pinned to CPU ${cpus.join(', ')}`,
            },
          ]),
      ...(memoryBytes === undefined
        ? []
        : [{ capability: 'memory' as const, text: `the memory of ${name} is to be limited` }]),
    ]),
  ];
}

/** What an experiment wants to do to nodes, as far as a provider must be able to. */
function faultWishes(faults: readonly NodeFault[]): readonly Wish[] {
  return faults.flatMap(({ verb, node, atMs }): Wish[] =>
    verb === 'freeze' || verb === 'slow' || verb === 'cut'
      ? [{ capability: verb, text: `${verb} ${node} at ${atMs} ms` }]
      : [],
  );
}

/** Rejects with a TilebedError (MISSING) where the provider cannot do what the experiment does to nodes. */
export async function checkFaultWishes(
  faults: readonly NodeFault[],
  providerName: string,
): Promise<void> {
  const wishes = faultWishes(faults);
  if (wishes.length === 0) return;
  const able = await providerNamed(providerName).capabilities();
  refuse(
    wishes.filter(({ capability }) => !able.has(capability)),
    providerName,
    'take the fault out of the experiment, or use another provider',
  );
}

/**
 * Returns a warning for each wish that cannot be kept and need not be. Throws a TilebedError (MISSING)
 * for all those that must be: a measurement on a link that is not shaped would be a wrong one.
 */
export function checkWishes(
  testbed: Testbed,
  able: ReadonlySet<Capability>,
  lenient: ReadonlySet<Capability>,
): readonly string[] {
  const unkept = testbedWishes(testbed).filter(({ capability }) => !able.has(capability));
  refuse(
    unkept.filter(({ capability }) => !lenient.has(capability)),
    testbed.provider,
    'take the wish out of the testbed, or use another provider',
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
