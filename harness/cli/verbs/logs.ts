/** tilebed logs */
import { open, readdir, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { TilebedError } from '../../../runtime/errors.ts';
import { nodeLogFolder, nodeLogPath } from '../../run/logs.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { stateFolder } from '../../testbeds/state.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

const FOLLOW_PAUSE_MS = 200;

export const logsVerb: VerbSpec = {
  name: 'logs',
  summary: "show the nodes' logs of the latest trial",
  examples: [
    ['tilebed logs testbeds/local.yaml', 'all nodes, one after another'],
    ['tilebed logs testbeds/local.yaml edge0 --follow', 'one node, as it writes'],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .argument('[node]', 'a node; default: all')
      .option('--follow', 'go on until interrupted'),
  run: async (
    { output, signal }: VerbContext,
    file: string,
    node: string | undefined,
    { follow = false }: { follow?: boolean },
  ) => {
    const testbed = await loadTestbed(file);
    const state = stateFolder(testbed);
    const names = await logNames(state, node);
    const tails = names.map((name) => new Tail(name, nodeLogPath(state, name)));
    const entries = await Promise.all(
      tails.map(async (tail) => ({ node: tail.node, text: await tail.more() })),
    );
    output.result(
      entries,
      entries
        .map((entry) => prefixed(entry, names.length > 1))
        .join('')
        .trimEnd(),
    );
    while (follow && !signal.aborted) {
      for (const tail of tails) {
        const text = await tail.more();
        process.stdout.write(prefixed({ node: tail.node, text }, names.length > 1));
      }
      await delay(FOLLOW_PAUSE_MS, undefined, { signal }).catch(() => {});
    }
    signal.throwIfAborted();
    return undefined;
  },
};

async function logNames(state: string, node: string | undefined): Promise<readonly string[]> {
  const present = (await readdir(nodeLogFolder(state)).catch(() => []))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -'.log'.length));
  if (present.length === 0) {
    throw new TilebedError('FAILED', 'there are no logs: the testbed is down or has run nothing', {
      hint: 'logs of past trials lie in their results folder',
    });
  }
  if (node === undefined) return present;
  if (present.includes(node)) return [node];
  throw new TilebedError('INPUT', `there is no log of \`${node}\``, {
    hint: `logs: ${present.join(', ')}`,
  });
}

function prefixed({ node, text }: { node: string; text: string }, several: boolean): string {
  if (!several || text === '') return text;
  return text.replace(/^/gm, `${node}: `).replace(new RegExp(`${node}: $`), '');
}

/** Reads what was added to a file since the last time. */
class Tail {
  readonly node: string;
  readonly #path: string;
  #offset = 0;

  constructor(node: string, path: string) {
    this.node = node;
    this.#path = path;
  }

  async more(): Promise<string> {
    const { size } = await stat(this.#path).catch(() => ({ size: 0 }));
    // The next trial empties the file.
    if (size < this.#offset) this.#offset = 0;
    if (size === this.#offset) return '';
    const handle = await open(this.#path);
    try {
      const bytes = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#offset);
      this.#offset += bytesRead;
      return bytes.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  }
}
