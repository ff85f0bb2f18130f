/** What tilebed asks of a hypervisor directly: what Vagrant does not tell, or forgets with its folder. */
import type { Undo } from '../provider.ts';
import type { OwnVagrant } from './settings.ts';

export interface MachineFacts {
  /** The hypervisor's own, of this very machine: one that is made anew has another. */
  readonly id: string;
  readonly state: 'running' | 'paused' | 'off';
  /** As the Vagrantfile gave it. */
  readonly note: string;
  /** Its end of the testbed's network is down. */
  readonly unplugged: boolean;
}

export interface Hypervisor {
  /** Whether it can be asked at all. */
  isThere(): Promise<boolean>;
  /** Names and notes of all machines that there are, whosever. */
  allMachines(): Promise<readonly { readonly name: string; readonly note: string }[]>;
  /** Machines whose names begin so, by what follows. */
  machines(own: OwnVagrant): Promise<ReadonlyMap<string, MachineFacts>>;
  /** Removes a machine with its disk; does no harm where there is none. */
  removeMachine(own: OwnVagrant, node: string): Promise<void>;
  /** Removes all that carries the testbed's names; returns what it was. */
  removeAll(own: OwnVagrant): Promise<readonly string[]>;
  pause(own: OwnVagrant, node: string): Promise<Undo>;
  /** Takes the machine's end of the testbed's network down. */
  unplug(own: OwnVagrant, node: string): Promise<Undo>;
  /** Takes both back, of a machine that exists. */
  putRight(own: OwnVagrant, node: string, facts: MachineFacts): Promise<void>;
  /** @param share of each of its CPUs that it may use, 0 to 1; 1 is all */
  limitCpus(own: OwnVagrant, node: string, share: number): Promise<void>;
  /** The share that is in force. */
  cpuShare(own: OwnVagrant, node: string): Promise<number>;
}
