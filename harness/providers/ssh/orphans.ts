/** Traces of testbeds on machines: those that this user remembers, and those that are found there. */
import { ownerId } from '../../machine/node-steps.ts';
import type { Testbed } from '../../spec/resolved.ts';
import type { OwnerMark } from '../provider.ts';
import { hostOf, ownLabel, ownNames } from './hosts.ts';
import {
  type KnownMachine,
  rememberedMachines,
  rememberedTestbeds,
  rememberMachines,
  union,
} from './known-machines.ts';
import { Machine } from './machine.ts';

/** Each line: the folder's digits, the node, and what the script says of its owner. */
const LIST = `for file in /var/tmp/tilebed-*/enter/*; do
  [ -f "$file" ] || continue
  folder=\${file%/enter/*}
  printf '%s\\t%s\\t%s\\n' "\${folder#/var/tmp/tilebed-}" "\${file##*/}" "$(sed -n '2s/^# //p' "$file")"
done`;

interface Trace {
  readonly id: string;
  readonly node: string;
  /** Undefined for a testbed of another machine's, or of another user's of the same name. */
  readonly stateFolder: string | undefined;
}

/** Rejects with a TilebedError (FAILED) for a machine of the testbed's that does not answer. */
export async function ownersOfMachines(testbed?: Testbed): Promise<readonly OwnerMark[]> {
  const marks = (await rememberedTestbeds()).map(markOf);
  if (testbed === undefined) return marks;
  const lists = await Promise.all(
    testbed.nodes.map(async (node) => {
      const host = hostOf(testbed, node);
      const text = await new Machine(node.name, host).run(['sh', '-c', LIST]);
      return parseTraces(text).map((trace) => ({ ...trace, host }));
    }),
  );
  const traces = lists.flat();
  const folders = new Set(traces.flatMap(({ stateFolder }) => stateFolder ?? []));
  for (const stateFolder of folders) {
    // `down` of a dead testbed knows machines only from the record.
    const found = traces
      .filter((trace) => trace.stateFolder === stateFolder)
      .map(({ node, host }): KnownMachine => ({ node, host }));
    await rememberMachines(
      { stateFolder },
      union(await rememberedMachines({ stateFolder }), found),
    );
  }
  const strangers = traces.filter(({ stateFolder }) => stateFolder === undefined);
  return [
    ...marks,
    ...[...folders].map(markOf),
    ...[...new Set(strangers.map(({ id }) => id))].map((id) => ({ id })),
  ];
}

/** Whose it is is believed only where the digits, which nobody else makes, say so as well. */
export function parseTraces(text: string): readonly Trace[] {
  const own = ownLabel('');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', node = '', rest = ''] = line.split('\t');
      const [label = ''] = rest.split(`, node ${node}:`);
      const stateFolder = label.startsWith(own) ? label.slice(own.length) : undefined;
      const isOwn = stateFolder !== undefined && ownNames({ stateFolder }).id === id;
      return { id, node, stateFolder: isOwn ? stateFolder : undefined };
    });
}

function markOf(stateFolder: string): OwnerMark {
  return { id: ownerId(stateFolder), stateFolder };
}
