/** Brings Node.js to all machines that lack it, at once and without internet there. */
import { posix } from 'node:path';
import { nodeFor, nodeVersionFor } from '../../deployables/node.ts';
import { platformOf } from '../../deployables/platforms.ts';
import { sendExecutable } from '../../deployables/send.ts';
import type { ProviderContext, Step } from '../provider.ts';
import { filePath, nodePaths, ownNames, sshBlock } from './hosts.ts';
import type { ReachedNode } from './survey.ts';

/** None where every machine has it, or has its own. The machines have been found suitable. */
export function nodeStep(context: ProviderContext, nodes: readonly ReachedNode[]): readonly Step[] {
  const { node = 'bundled' } = sshBlock(context.testbed);
  const lacking =
    node === 'bundled' ? onePerMachine(nodes.filter((each) => lacks(context, each))) : [];
  if (lacking.length === 0) return [];
  const target = nodePaths(ownNames(context), '').bundledNode;
  return [
    {
      title: `bring Node.js to ${lacking.map(({ spec }) => spec.name).join(', ')}`,
      actions: lacking.map(({ machine, facts }) => [
        'send',
        `node for ${platformOf(facts.architecture)}`,
        `${machine.host.user}@${machine.host.address}:${target}`,
      ]),
      done: async () => false,
      apply: async (signal, say) => {
        const parts = new Map(lacking.map(({ spec }) => [spec.name, 0]));
        await Promise.all(
          lacking.map(async ({ spec, machine, facts }) => {
            const platform = platformOf(facts.architecture)!;
            const archive = archiveFor(context, platform);
            const deployable = await nodeFor(platform, archive);
            await machine.run(['mkdir', '-p', '-m', '700', posix.dirname(posix.dirname(target))]);
            await sendExecutable(machine.transport, deployable, target, {
              signal,
              progress: (part) => {
                parts.set(spec.name, part);
                const mean = [...parts.values()].reduce((sum, each) => sum + each, 0) / parts.size;
                say?.(`${Math.floor(mean * 100)} %`);
              },
            });
          }),
        );
      },
    },
  ];
}

function lacks(context: ProviderContext, { facts }: ReachedNode): boolean {
  const platform = platformOf(facts.architecture)!;
  if (archiveFor(context, platform) !== undefined) return facts.nodeVersion === undefined;
  return facts.nodeVersion !== nodeVersionFor(platform);
}

function archiveFor(
  { testbed }: ProviderContext,
  platform: 'linux-x64' | 'linux-arm64' | 'linux-arm',
) {
  const path = sshBlock(testbed).nodeArchives?.[platform];
  return path === undefined ? undefined : filePath(testbed, path);
}

/** Several nodes may be one machine. */
function onePerMachine(nodes: readonly ReachedNode[]): readonly ReachedNode[] {
  return [...new Map(nodes.map((node) => [JSON.stringify(node.machine.host), node])).values()];
}
