/**
 * Names and labels of what a testbed owns in an engine. They follow from where its state lies, so `down`
 * finds everything without a record.
 */
import { hostname } from 'node:os';
import { ownPrefix } from '../../machine/node-steps.ts';
import type { ProviderContext } from '../provider.ts';

export const OWNER_LABEL = 'tilebed.owner';
export const NODE_LABEL = 'tilebed.node';
/** A hash of all that a thing was made with: where it differs, the thing is made anew. */
export const RECIPE_LABEL = 'tilebed.recipe';

export interface OwnNames {
  readonly network: string;
  /** What names of containers and volumes begin with. */
  readonly prefix: string;
  /** At most 15 characters, like every interface's name. */
  readonly bridge: string;
  /** Machine and state folder: an engine may serve many machines. */
  readonly owner: string;
}

export function ownNames(context: Pick<ProviderContext, 'stateFolder'>): OwnNames {
  const prefix = ownPrefix(context);
  return {
    network: prefix.slice(0, -1),
    prefix,
    bridge: `tbd${prefix.slice('tilebed-'.length, -1)}`,
    owner: `${hostname()}:${context.stateFolder}`,
  };
}

export function ownerLabel({ owner }: OwnNames): string {
  return `${OWNER_LABEL}=${owner}`;
}
