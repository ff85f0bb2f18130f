/** What nodes sent of each other's frames, without the messages around it. */
import type { TrialRecord } from '../../harness/results/format.ts';

/** A header of 12 bytes, and the fields; of a task those without halos. */
const HEAD_BYTES = { picture: 12 + 5, piece: 12 + 11, output: 12 + 8, task: 12 + 37 };

/** Payload bytes of a kind of message that some nodes have sent. */
export function payloads(
  { nodes }: Pick<TrialRecord, 'nodes'>,
  who: 'gateway' | 'edges',
  kind: keyof typeof HEAD_BYTES,
): number {
  let sum = 0;
  for (const [name, { sentByKind }] of Object.entries(nodes)) {
    const { messages, bytes } = sentByKind[kind] ?? { messages: 0, bytes: 0 };
    if ((name === 'gateway') === (who === 'gateway')) sum += bytes - messages * HEAD_BYTES[kind];
  }
  return sum;
}
