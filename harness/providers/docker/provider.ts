/**
 * Nodes as Docker containers on a bridge of the testbed's own: static addresses, limits by the engine,
 * an image of exactly what is needed. The container lives by the runtime, which waits; roles are started
 * in it (decision 0014).
 */

import { NODE_FOLDER, NODE_PROGRAM, NODE_USER } from '../../image/root-files.ts';
import { endProcesses, ownedProcesses, ownerMark } from '../../machine/owned-processes.ts';
import { shapingAbilities } from '../../machine/shaping.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { DockerBlock } from '../../spec/docker.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { findBundle } from '../../testbeds/bundle.ts';
import { DockerTransport } from '../../transports/docker.ts';
import type { Capability, Provider, ProviderContext, ProvisionedNode } from '../provider.ts';
import { checkTestbed } from './check-testbed.ts';
import { Engine } from './engine.ts';
import { nodeImage } from './image.ts';
import { type OwnNames, ownNames } from './names.ts';
import { ContainerFaults } from './node-faults.ts';
import { containerOwners } from './owners.ts';
import { containerName, containerSteps, keptContainers } from './plan.ts';
import { dockerRequirements } from './requirements.ts';
import { takeSnapshot } from './snapshot.ts';
import { commandStep, imageStep, linkSteps, shapeLink } from './steps.ts';

const REMOVAL_ROUNDS = 20;

export const dockerProvider: Provider = {
  name: 'docker',
  lenient: new Set<Capability>(),

  async capabilities(testbed) {
    const engine = engineOf(testbed);
    const able = new Set<Capability>(['freeze', 'cut']);
    const info = await engine.info();
    if (info.CPUSet) able.add('pin');
    if (info.CpuCfsQuota) able.add('quota').add('slow');
    if (info.MemoryLimit) able.add('memory');
    for (const ability of await linkAbilities(engine)) able.add(ability);
    return able;
  },

  relayAddress: ({ testbed }) =>
    // Containers of another machine cannot reach this one by the bridge.
    /^unix:|^$/.test(blockOf(testbed).engine ?? '')
      ? hostAddress(subnetOf(testbed.subnet), testbed.nodes)
      : undefined,

  requirements(testbed) {
    return dockerRequirements(engineOf(testbed), { thorough: testbed === undefined });
  },

  async plan(context) {
    const { testbed } = context;
    const engine = engineOf(testbed, context);
    const names = ownNames(context);
    const snapshot = await takeSnapshot(engine, names);
    checkTestbed(testbed, snapshot, (await engine.info()).NCPU);
    const image = await nodeImage(await findBundle(), blockOf(testbed).base);
    const facts = { names, snapshot, image: image.tag };
    const steps = containerSteps(testbed, facts);
    const able = await linkAbilities(engine);
    return [
      imageStep(engine, image),
      ...steps.map((step) => commandStep(engine, step)),
      ...(await linkSteps(engine, names, testbed, able, keptContainers(testbed, facts))),
    ];
  },

  async nodes(context) {
    const { testbed, stateFolder } = context;
    const names = ownNames(context);
    const engine = engineOf(testbed, context);
    return testbed.nodes.map(
      (spec): ProvisionedNode => ({
        spec,
        address: spec.address,
        folder: NODE_FOLDER,
        node: NODE_PROGRAM,
        faults: new ContainerFaults(engine, names, spec, async () => {
          if (spec.link === undefined) return;
          const able = await linkAbilities(engine);
          if (able.has('shape')) await shapeLink(engine, names, spec, able);
        }),
        transport: new DockerTransport({
          docker: (args) => engine.command(args),
          container: containerName(names, spec.name),
          node: NODE_PROGRAM,
          user: NODE_USER,
          folder: NODE_FOLDER,
          environment: ownerMark(stateFolder, spec.name),
        }),
      }),
    );
  },

  owners: containerOwners,

  async down(context) {
    const names = ownNames(context);
    const engine = engineOf(context.testbed, context);
    // What a dead harness has started may still be making things.
    await endProcesses(() => ownedProcesses(context.stateFolder));
    const removed = new Set<string>();
    for (let round = 0; round < REMOVAL_ROUNDS; round++) {
      const found = await removeOwn(engine, names);
      for (const thing of found) removed.add(thing);
      if (found.length === 0) break;
    }
    return [...removed];
  },
};

function blockOf({ providerBlock }: Testbed): DockerBlock {
  return providerBlock as DockerBlock;
}

function engineOf(testbed: Testbed | undefined, context?: ProviderContext): Engine {
  const host = testbed && blockOf(testbed).engine;
  return new Engine({
    ...(host === undefined ? {} : { host }),
    ...(context === undefined ? {} : { mark: ownerMark(context.stateFolder, '') }),
  });
}

/** Rates need root and the containers' own namespaces. */
async function linkAbilities(engine: Engine): Promise<ReadonlySet<Capability>> {
  return process.getuid?.() === 0 && (await engine.isHere()) ? shapingAbilities() : new Set();
}

/** Containers first: they hold the others. */
async function removeOwn(engine: Engine, names: OwnNames): Promise<readonly string[]> {
  const { containers, volumes, network } = await takeSnapshot(engine, names);
  if (containers.size > 0) {
    await engine.run(['rm', '--force', '--volumes', ...containers.keys()]);
  }
  if (volumes.size > 0) await engine.run(['volume', 'rm', '--force', ...volumes]);
  if (network !== undefined) await engine.run(['network', 'rm', names.network]);
  return [
    ...[...containers.keys()].map((name) => `container ${name}`),
    ...[...volumes].map((name) => `volume ${name}`),
    ...(network === undefined ? [] : [`network ${network.Name}`]),
  ];
}
