/** Whose machines there are on this one: by their names, and by the notes that the Vagrantfile gave them. */
import type { OwnerMark } from '../provider.ts';
import { HYPERVISORS } from './hypervisors.ts';

const NAME = /^tilebed-([0-9a-f]{12})-/;
const NOTE = /^tilebed: (.*) [0-9a-f]+$/;

export async function machineOwners(): Promise<readonly OwnerMark[]> {
  const marks: OwnerMark[] = [];
  for (const hypervisor of HYPERVISORS) {
    if (!(await hypervisor.isThere())) continue;
    marks.push(...(await hypervisor.allMachines()).flatMap(ownerOf));
  }
  return marks;
}

/** None of a machine that is not tilebed's. */
export function ownerOf(machine: { readonly name: string; readonly note: string }): OwnerMark[] {
  const id = NAME.exec(machine.name)?.[1];
  if (id === undefined) return [];
  const stateFolder = NOTE.exec(machine.note)?.[1];
  return [{ id, ...(stateFolder === undefined ? {} : { stateFolder }) }];
}
