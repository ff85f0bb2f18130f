/** tilebed exec */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { ProvisionedNode } from '../../providers/provider.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { holdTestbed } from '../../testbeds/hold.ts';
import { nodesMatching, openTestbed } from '../../testbeds/open.ts';
import { EXIT } from '../exit.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

const OPTIONS_BEHIND =
  'those of the command stand behind --, as in `tilebed exec FILE NODE -- ls -l`';

interface NodeOutcome {
  readonly node: string;
  readonly exitCode: number | undefined;
  readonly stdout?: string;
  readonly stderr?: string;
}

export const execVerb: VerbSpec = {
  name: 'exec',
  summary: 'run a command on a node, or on all nodes of a role',
  examples: [
    ['tilebed exec testbeds/local.yaml edge0 -- uname -a', 'on one node'],
    ['tilebed exec testbeds/local.yaml edge -- nproc', 'on all edges'],
  ],
  define: (command: Command) =>
    command
      .argument('<testbed>', 'a testbed file')
      .argument('<node>', 'a node, or a role: gateway, edge')
      .argument('<command...>', 'the command and its arguments, after --')
      .configureOutput({
        outputError: (text, write) =>
          write(text.replace(/^error: unknown option .*/, `$&: ${OPTIONS_BEHIND}`)),
      }),
  run: async ({ output, signal }: VerbContext, file: string, which: string, argv: string[]) => {
    const testbed = await loadTestbed(file);
    using _held = holdTestbed(testbed);
    const nodes = nodesMatching(await openTestbed(testbed), which);
    const collect = output.options.format === 'json';
    const outcomes = await Promise.all(
      nodes.map((node) =>
        collect ? run(node, argv, signal) : stream(node, argv, signal, nodes.length > 1),
      ),
    );
    const failed = outcomes.filter(({ exitCode }) => exitCode !== 0);
    for (const { node, exitCode } of failed) {
      output.note(`${node}: ${argv[0]} ended with ${exitCode ?? 'a signal'}`);
    }
    output.result(outcomes, '');
    return failed.length > 0 ? EXIT.failed : EXIT.done;
  },
};

async function run(
  { spec, transport }: ProvisionedNode,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<NodeOutcome> {
  const { exitCode, stdout, stderr } = await transport.exec(argv, { signal });
  return { node: spec.name, exitCode, stdout, stderr };
}

/** Passes output on as it comes; with several nodes each line tells whose it is. */
async function stream(
  { spec, transport }: ProvisionedNode,
  argv: readonly string[],
  signal: AbortSignal,
  prefixed: boolean,
): Promise<NodeOutcome> {
  const child = await transport.spawn(argv);
  child.stdin.end();
  const end = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const prefix = prefixed ? `${spec.name}: ` : '';
  const passed = Promise.all([
    pass(child.stdout, process.stdout, prefix),
    pass(child.stderr, process.stderr, prefix),
  ]);
  const { exitCode } = await child.exited;
  await passed;
  signal.throwIfAborted();
  return { node: spec.name, exitCode };
}

async function pass(from: Readable, to: NodeJS.WriteStream, prefix: string): Promise<void> {
  if (prefix === '') {
    for await (const chunk of from) to.write(chunk);
    return;
  }
  for await (const line of createInterface({ input: from })) to.write(`${prefix}${line}\n`);
}
