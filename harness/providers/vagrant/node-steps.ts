/** What is done inside the machines, or to each of them: a folder, Node.js, and a share of its CPUs. */
import { TilebedError } from '../../../runtime/errors.ts';
import {
  isNewEnough,
  type NodeDeployable,
  nodeFor,
  OLDEST_NODE_TEXT,
} from '../../deployables/node.ts';
import { platformOf } from '../../deployables/platforms.ts';
import { sendExecutable } from '../../deployables/send.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { Transport } from '../../transports/transport.ts';
import type { ProviderContext, Step } from '../provider.ts';
import type { Hypervisor } from './hypervisor.ts';
import { machineFolder, machineNode, machineTransport } from './machine-site.ts';
import { ownVagrant, vagrantSettings } from './settings.ts';
import { machineCpus } from './vagrantfile.ts';

/** What boxes of `tilebed box build` have. */
const BOX_NODE = '/usr/local/bin/node';
const LINK_NODE = 'mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2"';

interface Unready {
  /** Machines that are yet to be made or started. */
  readonly fresh: ReadonlySet<string>;
  /** Machines that are there, and do not answer yet. */
  readonly silent: ReadonlySet<string>;
}

export function nodeSteps(
  context: ProviderContext,
  hypervisor: Hypervisor,
  { fresh, silent }: Unready,
): readonly Step[] {
  return context.testbed.nodes.flatMap((spec) => {
    const isSilent = fresh.has(spec.name) || silent.has(spec.name);
    return [
      folderStep(context, spec, isSilent),
      nodeStep(context, spec, isSilent),
      ...limitStep(context, spec, hypervisor, fresh.has(spec.name)),
    ];
  });
}

function folderStep(context: ProviderContext, spec: TestbedNode, isSilent: boolean): Step {
  const folder = machineFolder(context);
  const transport = () => machineTransport(context, spec);
  return {
    title: `make the folder of ${spec.name}`,
    node: spec.name,
    actions: [['mkdir', '-p', folder]],
    done: async () => !isSilent && (await succeeds(await transport(), ['test', '-d', folder])),
    apply: async () => run(await transport(), spec, ['mkdir', '-p', folder]),
  };
}

function nodeStep(context: ProviderContext, spec: TestbedNode, isSilent: boolean): Step {
  const node = machineNode(context);
  const transport = () => machineTransport(context, spec);
  return {
    title: `give ${spec.name} Node.js`,
    node: spec.name,
    actions: [
      ['link', BOX_NODE, node],
      ['or send', 'node', node],
    ],
    done: async () => !isSilent && (await succeeds(await transport(), ['test', '-x', node])),
    apply: async (signal, say) => {
      const machine = await transport();
      const { exitCode, stdout } = await machine.exec([BOX_NODE, '--version']);
      if (exitCode === 0 && isNewEnough(stdout)) {
        await run(machine, spec, ['sh', '-c', LINK_NODE, 'sh', BOX_NODE, node]);
        return;
      }
      const deployable = await nodeForMachine(machine, spec);
      const progress = (part: number) => say?.(`${Math.floor(part * 100)} %`);
      await sendExecutable(machine, deployable, node, { signal, progress });
    },
  };
}

/** The one that machines over SSH get too. */
async function nodeForMachine(machine: Transport, { name }: TestbedNode): Promise<NodeDeployable> {
  const architecture = (await machine.exec(['uname', '-m'])).stdout.trim();
  const platform = platformOf(architecture);
  const hint = `take a box that has Node.js ${OLDEST_NODE_TEXT} or newer as ${BOX_NODE}`;
  if (platform === undefined) {
    const message = `there is no Node.js for ${architecture}, which ${name} is`;
    throw new TilebedError('FAILED', message, { hint, node: name });
  }
  return nodeFor(platform).catch((cause: unknown) => {
    if (!(cause instanceof TilebedError)) throw cause;
    throw new TilebedError(cause.code, cause.message, { hint, node: name, cause });
  });
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
