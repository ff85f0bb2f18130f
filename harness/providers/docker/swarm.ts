/**
 * The swarm that several engines are in. It is the user's: tilebed makes networks in it, and neither forms nor
 * joins nor leaves one (decision 0025). What is missing is told with the commands that mend it.
 */
import type { Requirement } from '../provider.ts';
import type { Engine, SwarmInfo } from './engine.ts';

const PORTS =
  'let TCP 2377, TCP and UDP 7946 and UDP 4789 through between the machines of the engines';

interface SwarmNode {
  readonly ID: string;
  readonly Status: string;
}

interface Member {
  readonly address: string;
  readonly swarm: SwarmInfo;
}

/** Whether all engines are in one swarm, and a manager of it is among them. */
export async function swarmRequirements(
  engines: readonly Engine[],
): Promise<readonly Requirement[]> {
  const members = await membersOf(engines);
  const manager = members.findIndex(({ swarm }) => swarm.ControlAvailable);
  const nodes = manager < 0 ? [] : await swarmNodes(engines[manager]!);
  return members.map((member) => {
    const name = `swarm of ${member.address}`;
    const problem = problemOf(member, members[manager], nodes);
    if (problem === undefined) return { name, ok: true, detail: detailOf(member) };
    return { name, ok: false, ...problem };
  });
}

/** The first engine that is a manager, which makes the network. Of engines that have been looked at. */
export async function managerAmong(engines: readonly Engine[]): Promise<number> {
  const members = await membersOf(engines);
  const found = members.findIndex(({ swarm }) => swarm.ControlAvailable);
  if (found < 0) throw new Error('no engine is a manager of the swarm');
  return found;
}

function membersOf(engines: readonly Engine[]): Promise<readonly Member[]> {
  return Promise.all(
    engines.map(async (engine) => ({
      address: engine.address ?? '',
      swarm: (await engine.info()).Swarm,
    })),
  );
}

async function swarmNodes(manager: Engine): Promise<readonly SwarmNode[]> {
  const text = await manager.run(['node', 'ls', '--format', '{{json .}}']);
  return text.split('\n').map((line) => JSON.parse(line) as SwarmNode);
}

/** What is wrong with one engine, and what to do about it; pure. */
export function problemOf(
  { address, swarm }: Member,
  manager: Member | undefined,
  nodes: readonly SwarmNode[],
): { readonly detail: string; readonly fix: string } | undefined {
  const { LocalNodeState: state } = swarm;
  if (state === 'inactive') {
    return {
      detail: 'is in no swarm',
      fix: manager === undefined ? initCommand(address) : joinCommand(address, manager),
    };
  }
  if (state !== 'active') {
    return { detail: `is ${state} in its swarm: ${swarm.Error}`, fix: PORTS };
  }
  if (manager === undefined) {
    return {
      detail: 'is a worker of a swarm whose manager is not among `docker.hosts`',
      fix: 'add the engine of a manager, or make one: `docker node promote` there',
    };
  }
  const node = nodes.find(({ ID }) => ID === swarm.NodeID);
  if (node === undefined) {
    return {
      detail: `is in another swarm than ${manager.address}`,
      fix: `if nobody needs that swarm: \`docker --host ${address} swarm leave\`, then ${joinCommand(address, manager)}`,
    };
  }
  if (node.Status === 'Ready') return undefined;
  return { detail: `is ${node.Status} to the manager ${manager.address}`, fix: PORTS };
}

function detailOf({ swarm }: Member): string {
  const role = swarm.ControlAvailable ? 'a manager' : 'a worker';
  return `${role}, at ${swarm.NodeAddr}`;
}

function initCommand(address: string): string {
  return `\`docker --host ${address} swarm init --advertise-addr ADDRESS\`, where ADDRESS is what the other engines reach it by`;
}

function joinCommand(address: string, { address: manager, swarm }: Member): string {
  return `\`docker --host ${address} swarm join --token $(docker --host ${manager} swarm join-token --quiet worker) ${swarm.NodeAddr}:2377\``;
}
