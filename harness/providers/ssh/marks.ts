/** How a node's processes are told from all others of its machine, and the script that each goes through. */
import { posix } from 'node:path';
import { ownerMark } from '../../machine/owned-processes.ts';
import { quoteCommand } from '../../transports/ssh/quote.ts';
import type { ProviderContext } from '../provider.ts';
import { type OwnNames, ownNames } from './hosts.ts';

const SITE_VARIABLE = 'TILEBED_SITE';

/** Found by its text in a process' environment: of a node, or of all the testbed's. */
export function siteMark({ id }: OwnNames, node?: string): string {
  return `${SITE_VARIABLE}=${id}:${node === undefined ? '' : `${node};`}`;
}

/** Puts a command under the node's mark and limits, and becomes it. */
export function enterScript(
  context: Pick<ProviderContext, 'stateFolder'>,
  node: string,
  { enter, executable }: { readonly enter: readonly string[]; readonly executable: string },
): string {
  const names = ownNames(context);
  const marks = Object.entries(ownerMark(context.stateFolder, node)).map(
    ([name, value]) => `export ${name}=${quoteCommand([value])}`,
  );
  const [variable, value] = siteMark(names, node).split('=') as [string, string];
  return `${[
    '#!/bin/sh',
    `# ${names.label}, node ${node}: what is started there goes through this.`,
    ...enter,
    ...marks,
    // Whoever runs `node` there means the node's.
    `export PATH=${quoteCommand([posix.dirname(executable)])}:"$PATH"`,
    `export ${variable}=${quoteCommand([value])}`,
    'exec "$@"',
  ].join('\n')}\n`;
}
