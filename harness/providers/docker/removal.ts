/** Removes what a testbed has in engines: by its labels, whatever its file says by now. */
import { endProcesses, ownedProcesses } from '../../machine/owned-processes.ts';
import type { ProviderContext } from '../provider.ts';
import { Engine } from './engine.ts';
import { knownEngines } from './known-engines.ts';
import { type OwnNames, ownNames } from './names.ts';
import { sitesOf } from './sites.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

const REMOVAL_ROUNDS = 20;

/** Rejects with a TilebedError where an engine does not answer that has, or may have, something of it. */
export async function removeEverything(context: ProviderContext): Promise<readonly string[]> {
  const names = ownNames(context);
  const engines = await enginesOf(context);
  // What a dead harness has started may still be making things.
  await endProcesses(() => ownedProcesses(context.stateFolder));
  const removed = new Set<string>();
  for (let round = 0; round < REMOVAL_ROUNDS; round++) {
    const found = await removeOwn(engines, names);
    for (const thing of found) removed.add(thing);
    if (found.length === 0) break;
  }
  return [...removed];
}

async function enginesOf(context: ProviderContext): Promise<readonly Engine[]> {
  const engines = sitesOf(context.testbed, context).map(({ engine }) => engine);
  const wanted = new Set(engines.map(({ address }) => address));
  const others = (await knownEngines(context))
    .filter((address) => !wanted.has(address))
    .map((host) => new Engine({ host }));
  // An orphan's file is gone and names no engine: what is known to be elsewhere needs none here.
  const isGuess = context.testbed.nodes.length === 0 && others.length > 0;
  return [...(isGuess ? await answering(engines) : engines), ...others];
}

async function answering(engines: readonly Engine[]): Promise<readonly Engine[]> {
  const answers = await Promise.all(
    engines.map((engine) => engine.try(['version', '--format', '{{.Server.Version}}'])),
  );
  return engines.filter((_, index) => answers[index]!.exitCode === 0);
}

/** Containers on all engines first: they hold the others. */
async function removeOwn(engines: readonly Engine[], names: OwnNames): Promise<readonly string[]> {
  const removed = await Promise.all(
    engines.map(async (engine) => {
      const snapshot = await takeSnapshot(engine, names);
      return { engine, snapshot, things: await removeContainers(engine, snapshot) };
    }),
  );
  const networks: string[] = [];
  for (const { engine, snapshot } of removed) {
    const { network } = snapshot;
    if (network === undefined || !(await makesNetworks(engine, snapshot))) continue;
    await engine.removeNetwork(names.network);
    networks.push(`network ${network.Name}`);
  }
  return [...removed.flatMap(({ things }) => things), ...new Set(networks)];
}

async function removeContainers(
  engine: Engine,
  { containers, volumes }: Snapshot,
): Promise<readonly string[]> {
  if (containers.size > 0) {
    await engine.run(['rm', '--force', '--volumes', ...containers.keys()]);
  }
  if (volumes.size > 0) await engine.run(['volume', 'rm', '--force', ...volumes]);
  return [
    ...[...containers.keys()].map((name) => `container ${name}`),
    ...[...volumes].map((name) => `volume ${name}`),
  ];
}

/** A worker has an overlay for as long as a container is in it, and cannot remove it. */
async function makesNetworks(engine: Engine, { network }: Snapshot): Promise<boolean> {
  return network?.Scope !== 'swarm' || (await engine.info()).Swarm.ControlAvailable;
}
