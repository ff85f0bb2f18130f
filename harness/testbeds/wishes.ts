/** What a testbed asks for beside what its provider can do. Pure: the provider declares, this decides. */
import { TilebedError } from '../../runtime/errors.ts';
import type { Capability } from '../providers/provider.ts';
import type { Testbed } from '../spec/resolved.ts';

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
  const broken = unkept.filter(({ capability }) => !lenient.has(capability));
  if (broken.length > 0) {
    const texts = broken.map(({ text }) => text).join('; ');
    throw new TilebedError(
      'MISSING',
      `the provider ${testbed.provider} cannot do this here: ${texts}`,
      {
        hint: 'take the wish out of the testbed, or use another provider; `tilebed doctor` tells what works here',
      },
    );
  }
  return unkept.map(({ text }) => `${text}, which is not possible here: it is not`);
}
