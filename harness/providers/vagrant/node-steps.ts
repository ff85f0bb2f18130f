/** What is done inside the machines, or to each of them: a folder, Node.js, and a share of its CPUs. */
import { posix } from 'node:path';
import { TilebedError } from '../../../runtime/errors.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { Transport } from '../../transports/transport.ts';
import type { ProviderContext, Step } from '../provider.ts';
import type { Hypervisor } from './hypervisor.ts';
import { machineFolder, machineNode, machineTransport } from './machine-site.ts';
import { ownVagrant, vagrantSettings } from './settings.ts';
import { machineCpus } from './vagrantfile.ts';

/** What boxes of `tilebed box build` have. */
const BOX_NODE = '/usr/local/bin/node';
/** Takes that, or else a copy of this machine's own. */
const LINK_NODE = 'test -x "$1" && mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2"';

/** @param fresh machines that are not up yet: nothing can be asked of them */
export function nodeSteps(
  context: ProviderContext,
  hypervisor: Hypervisor,
  fresh: ReadonlySet<string>,
): readonly Step[] {
  return context.testbed.nodes.flatMap((spec) => [
    folderStep(context, spec, fresh.has(spec.name)),
    nodeStep(context, spec, fresh.has(spec.name)),
    ...limitStep(context, spec, hypervisor, fresh.has(spec.name)),
  ]);
}

function folderStep(context: ProviderContext, spec: TestbedNode, fresh: boolean): Step {
  const folder = machineFolder(context);
  const transport = () => machineTransport(context, spec);
  return {
    title: `make the folder of ${spec.name}`,
    node: spec.name,
    actions: [['mkdir', '-p', folder]],
    done: async () => !fresh && (await succeeds(await transport(), ['test', '-d', folder])),
    apply: async () => run(await transport(), spec, ['mkdir', '-p', folder]),
  };
}

function nodeStep(context: ProviderContext, spec: TestbedNode, fresh: boolean): Step {
  const node = machineNode(context);
  const transport = () => machineTransport(context, spec);
  return {
    title: `give ${spec.name} Node.js`,
    node: spec.name,
    actions: [['put', process.execPath, node]],
    done: async () => !fresh && (await succeeds(await transport(), ['test', '-x', node])),
    apply: async () => {
      const machine = await transport();
      const link = ['sh', '-c', LINK_NODE, 'sh', BOX_NODE, node];
      if (await succeeds(machine, link)) return;
      await machine.put(process.execPath, posix.join(posix.dirname(node), 'node.new'));
      await run(machine, spec, ['mv', posix.join(posix.dirname(node), 'node.new'), node]);
      await run(machine, spec, [node, '--version']);
    },
  };
}

/** Where the hypervisor's limit can change under a running machine, as libvirt's. */
function limitStep(
  context: ProviderContext,
  spec: TestbedNode,
  hypervisor: Hypervisor,
  fresh: boolean,
): readonly Step[] {
  if (vagrantSettings(context.testbed).hypervisor !== 'libvirt') return [];
  const own = ownVagrant(context);
  const share = Math.min(1, (spec.cpuQuota ?? Number.POSITIVE_INFINITY) / machineCpus(spec));
  // A machine that is new has no limit.
  if (fresh && share === 1) return [];
  const text = share === 1 ? 'all of its CPUs' : `${(100 * share).toFixed(0)} % of its CPUs`;
  return [
    {
      title: `let ${spec.name} use ${text}`,
      node: spec.name,
      actions: [['limit', own.prefix + spec.name, text]],
      done: async () =>
        !fresh && Math.abs((await hypervisor.cpuShare(own, spec.name)) - share) < 0.005,
      apply: () => hypervisor.limitCpus(own, spec.name, share),
    },
  ];
}

async function succeeds(transport: Transport, argv: readonly string[]): Promise<boolean> {
  return (await transport.exec(argv)).exitCode === 0;
}

async function run(
  transport: Transport,
  { name }: TestbedNode,
  argv: readonly string[],
): Promise<void> {
  const { exitCode, stderr } = await transport.exec(argv);
  if (exitCode === 0) return;
  throw new TilebedError('FAILED', `${argv.join(' ')} on ${name}: ${stderr.trim()}`, {
    node: name,
  });
}
