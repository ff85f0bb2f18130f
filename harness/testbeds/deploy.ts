/** Puts the runtime on nodes. A node that has these very bytes already is left alone. */
import { dirname, posix } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { RunTasks } from '../tasks.ts';
import type { Bundle } from './bundle.ts';

export interface DeployOptions {
  readonly signal: AbortSignal;
  readonly runTasks: RunTasks;
}

/** Where a version of the runtime lies on a node. */
export function runtimeFolder(node: ProvisionedNode, { hash }: Pick<Bundle, 'hash'>): string {
  return posix.join(node.folder, 'runtime', hash);
}

/** Whether the node has the bundle, whole: asked of the runtime there, which reads all its files. */
export async function isDeployed(node: ProvisionedNode, bundle: Bundle): Promise<boolean> {
  const main = posix.join(runtimeFolder(node, bundle), 'main.js');
  const { exitCode } = await node.transport.exec([node.node, main, 'verify']);
  return exitCode === 0;
}

/** Returns the names of the nodes that received it. */
export async function deploy(
  nodes: readonly ProvisionedNode[],
  bundle: Bundle,
  { signal, runTasks }: DeployOptions,
): Promise<readonly string[]> {
  const lacking: ProvisionedNode[] = [];
  for (const node of nodes) if (!(await isDeployed(node, bundle))) lacking.push(node);
  await runTasks(
    lacking.map((node) => ({
      title: `deploy the runtime to ${node.spec.name}`,
      run: () => deployTo(node, bundle, signal),
    })),
    { signal, concurrent: true },
  );
  return lacking.map(({ spec }) => spec.name);
}

/** A half-copied bundle never stands under the final name; older versions are removed. */
async function deployTo(node: ProvisionedNode, bundle: Bundle, signal: AbortSignal): Promise<void> {
  const target = runtimeFolder(node, bundle);
  const partial = posix.join(node.folder, 'runtime.partial');
  await run(node, ['rm', '-rf', partial], signal);
  await node.transport.put(bundle.folder, partial);
  signal.throwIfAborted();
  await run(node, [node.node, posix.join(partial, 'main.js'), 'verify'], signal);
  await run(node, ['rm', '-rf', dirname(target)], signal);
  await run(node, ['mkdir', '-p', dirname(target)], signal);
  await run(node, ['mv', partial, target], signal);
}

async function run(
  { transport, spec }: ProvisionedNode,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, stderr, signal: endedBy } = await transport.exec(argv, { signal });
  if (exitCode === 0) return;
  const killed = endedBy === 'SIGKILL' && spec.memoryBytes !== undefined;
  throw new TilebedError(
    'FAILED',
    `${argv.join(' ')} on ${spec.name}: ${endedBy === undefined ? stderr.trim() : `ended by ${endedBy}`}`,
    {
      node: spec.name,
      ...(killed ? { hint: `its memory limit may be too low for Node.js` } : {}),
    },
  );
}
