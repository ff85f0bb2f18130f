/** Puts the runtime on nodes. A node that has these very bytes already is left alone. */
import { dirname, posix } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { type PackedFolder, packFolder, sendFolder } from '../deployables/send.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { RunTasks, TaskContext } from '../tasks.ts';
import { type Bundle, bundleFolder } from './bundle.ts';

const ASKED_AT_ONCE = 16;

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
  const lacking = await nodesWithout(nodes, bundle);
  // Of each platform once, however many nodes there are of it.
  const packed = new Map<string, Promise<PackedFolder>>();
  const pack = (folder: string) => {
    const archive = packed.get(folder) ?? packFolder(folder);
    packed.set(folder, archive);
    return archive;
  };
  await runTasks(
    lacking.map((node) => ({
      title: `deploy the runtime to ${node.spec.name}`,
      run: (context) => deployTo(node, bundle, { ...context, signal, pack }),
    })),
    { signal, concurrent: true },
  );
  return lacking.map(({ spec }) => spec.name);
}

/** Asked of some at once: each answers in the time that its Node.js takes to start. */
async function nodesWithout(nodes: readonly ProvisionedNode[], bundle: Bundle) {
  const lacking: ProvisionedNode[] = [];
  for (let first = 0; first < nodes.length; first += ASKED_AT_ONCE) {
    const group = nodes.slice(first, first + ASKED_AT_ONCE);
    const deployed = await Promise.all(group.map((node) => isDeployed(node, bundle)));
    lacking.push(...group.filter((_, index) => deployed[index] === false));
  }
  return lacking;
}

interface DeployContext extends Pick<TaskContext, 'signal' | 'say'> {
  readonly pack: (folder: string) => Promise<PackedFolder>;
}

/** A half-copied bundle never stands under the final name; older versions are removed. */
async function deployTo(
  node: ProvisionedNode,
  bundle: Bundle,
  { signal, say, pack }: DeployContext,
): Promise<void> {
  const target = runtimeFolder(node, bundle);
  const partial = posix.join(node.folder, 'runtime.partial');
  await run(node, ['rm', '-rf', partial], signal);
  const platform = await run(
    node,
    [node.node, '-p', 'process.platform + "-" + process.arch'],
    signal,
  );
  const folder = bundleFolder(bundle, platform.trim());
  if (node.transport.mayBreakOff === true) {
    const progress = (part: number) => say(`${Math.floor(part * 100)} %`);
    await sendFolder(node.transport, await pack(folder), partial, { signal, progress });
  } else {
    await node.transport.put(folder, partial);
  }
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
): Promise<string> {
  const { exitCode, stdout, stderr, signal: endedBy } = await transport.exec(argv, { signal });
  if (exitCode === 0) return stdout;
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
