/**
 * Names of what a testbed owns on this machine. They follow from where its state lies, so `down` finds
 * everything without a record, and two testbeds never meet.
 */
import { createHash } from 'node:crypto';
import { ownPrefix } from '../../machine/node-steps.ts';
import { parseAddress, type Subnet } from '../../spec/addresses.ts';
import type { ProviderContext } from '../provider.ts';

export interface OwnNames {
  /** At most 15 characters, like every interface's name. */
  readonly bridge: string;
  /** What names of the nodes' ends at the bridge begin with. */
  readonly portPrefix: string;
  /** What names of namespaces and control groups begin with. */
  readonly prefix: string;
  /** Says in the machine's own listings whose it is. */
  readonly label: string;
}

/** The kernel keeps 255 bytes of an interface's alias, iptables as many of a comment. */
export const LABEL_CHARACTERS = 200;
export const LABEL_WORD = 'tilebed: ';
const OWNER_DIGITS = 7;

export function ownNames(context: Pick<ProviderContext, 'stateFolder'>): OwnNames {
  const { stateFolder } = context;
  const owner = createHash('sha256').update(stateFolder).digest('hex').slice(0, OWNER_DIGITS);
  return {
    bridge: `tb${owner}`,
    portPrefix: `tb${owner}-`,
    prefix: ownPrefix(context),
    label: `${LABEL_WORD}${stateFolder.slice(-LABEL_CHARACTERS)}`,
  };
}

/** Of a node's own in its subnet, so that nodes may come and go: five digits of base 36 hold any. */
export function portName({ portPrefix }: OwnNames, address: string, subnet: Subnet): string {
  return `${portPrefix}${(parseAddress(address)! - subnet.network).toString(36)}`;
}
