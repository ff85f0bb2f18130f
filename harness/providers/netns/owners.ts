/** Whose namespaces and bridges there are on this machine. */
import { tryCommand } from '../../machine/command.ts';
import { ownerId } from '../../machine/node-steps.ts';
import { ownerIdIn } from '../../machine/owners.ts';
import type { OwnerMark } from '../provider.ts';
import { LABEL_CHARACTERS, LABEL_WORD } from './names.ts';
import { aliases, allNamespaces } from './snapshot.ts';

/** None where iproute2 is missing: then nothing can be left either. */
export async function namespaceOwners(): Promise<readonly OwnerMark[]> {
  const { exitCode } = await tryCommand(['ip', '-Version']);
  if (exitCode !== 0) return [];
  const ids = (await allNamespaces()).flatMap((name) => ownerIdIn(name) ?? []);
  const folders = [...(await aliases()).values()]
    .filter((alias) => alias.startsWith(LABEL_WORD))
    .map((alias) => alias.slice(LABEL_WORD.length))
    // Of a longer one only the end stands there.
    .filter((folder) => folder.startsWith('/') && folder.length < LABEL_CHARACTERS);
  return [
    ...ids.map((id) => ({ id })),
    ...folders.map((stateFolder) => ({ id: ownerId(stateFolder), stateFolder })),
  ];
}
