/**
 * Nodes as Docker containers on a network of the testbed's own: static addresses, limits by the engine,
 * an image of exactly what is needed. The container lives by the runtime, which waits; roles are started
 * in it (decision 0014). Several engines are those of a swarm, and the network is its overlay (decision
 * 0025).
 */

import { NODE_FOLDER, NODE_PROGRAM, NODE_USER } from '../../image/root-files.ts';
import { ownerMark } from '../../machine/owned-processes.ts';
import { shapingAbilities } from '../../machine/shaping.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import { findBundle } from '../../testbeds/bundle.ts';
import { DockerTransport } from '../../transports/docker.ts';
import type { Capability, Provider, ProvisionedNode } from '../provider.ts';
import { checkTestbed } from './check-testbed.ts';
import type { Engine, EngineInfo } from './engine.ts';
import type { NodeImage } from './image.ts';
import { forgetEngines, rememberStep } from './known-engines.ts';
import { ownNames } from './names.ts';
import { bridgeNetwork, overlayNetwork } from './network.ts';
import { ContainerFaults } from './node-faults.ts';
import { overlayStep } from './overlay-probe.ts';
import { containerOwners } from './owners.ts';
import { containerName, containerSteps, keptContainers, type PlanFacts } from './plan.ts';
import { removeEverything } from './removal.ts';
import { dockerRequirements } from './requirements.ts';
import { siteImages } from './site-images.ts';
import { blockOf, isSpread, type Site, sitesOf } from './sites.ts';
import { takeSnapshot } from './snapshot.ts';
import { commandStep, imageSteps, linkSteps, shapeLink } from './steps.ts';
import { managerAmong } from './swarm.ts';

export const dockerProvider: Provider = {
  name: 'docker',
  lenient: new Set<Capability>(),

  async capabilities(testbed) {
    const engines = sitesOf(testbed).map(({ engine }) => engine);
    const infos = await Promise.all(engines.map((engine) => engine.info()));
    const able = new Set<Capability>(['freeze', 'cut']);
    if (infos.every(({ CPUSet }) => CPUSet)) able.add('pin');
    if (infos.every(({ CpuCfsQuota }) => CpuCfsQuota)) able.add('quota').add('slow');
    if (infos.every(({ MemoryLimit }) => MemoryLimit)) able.add('memory');
    if (isSpread(testbed)) return able;
    for (const ability of await linkAbilities(engines[0]!)) able.add(ability);
    return able;
  },

  relayAddress: ({ testbed }) =>
    // Containers of another machine cannot reach this one by the bridge, and those of an overlay have none.
    !isSpread(testbed) && /^unix:|^$/.test(blockOf(testbed).engine ?? '')
      ? hostAddress(subnetOf(testbed.subnet), testbed.nodes)
      : undefined,

  requirements(testbed) {
    const engines = sitesOf(testbed).map(({ engine }) => engine);
    return dockerRequirements(engines, {
      thorough: testbed === undefined,
      swarm: isSpread(testbed),
    });
  },

  async plan(context) {
    const { testbed } = context;
    const sites = sitesOf(testbed, context);
    const names = ownNames(context);
    const infos = await Promise.all(sites.map(({ engine }) => engine.info()));
    const { base } = blockOf(testbed);
    const images = await siteImages(infos, await findBundle(), base);
    const facts = await planFacts(context, sites, infos, images);
    const steps = containerSteps(facts);
    const spread = isSpread(testbed);
    const [{ engine }] = sites as [Site];
    const able = spread ? new Set<Capability>() : await linkAbilities(engine);
    return [
      await rememberStep(context, sites),
      ...(await imageSteps(sites, images)),
      ...steps.map((step) => commandStep(sites[step.engine]!.engine, step)),
      ...(spread && steps.length > 0 ? [overlayStep(names, sites)] : []),
      ...(await linkSteps(engine, names, testbed, able, keptContainers(facts, 0))),
    ];
  },

  async nodes(context) {
    const { stateFolder, testbed } = context;
    const names = ownNames(context);
    return sitesOf(testbed, context).flatMap(({ engine, nodes }) =>
      nodes.map(
        (spec): ProvisionedNode => ({
          spec,
          address: spec.address,
          folder: NODE_FOLDER,
          node: NODE_PROGRAM,
          ...(isSpread(testbed) ? { apart: true } : {}),
          faults: new ContainerFaults(engine, names, spec, async () => {
            if (spec.link === undefined || isSpread(testbed)) return;
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
      ),
    );
  },

  owners: containerOwners,

  async down(context) {
    const removed = await removeEverything(context);
    await forgetEngines(context);
    return removed;
  },
};

/** What there is, and what the network is to be; throws where the testbed is impossible there. */
async function planFacts(
  context: Parameters<Provider['plan']>[0],
  sites: readonly Site[],
  infos: readonly EngineInfo[],
  images: readonly NodeImage[],
): Promise<PlanFacts> {
  const { testbed } = context;
  const names = ownNames(context);
  const engines = await Promise.all(
    sites.map(async ({ engine, nodes, where }, index) => {
      const snapshot = await takeSnapshot(engine, names);
      checkTestbed(testbed, nodes, snapshot, infos[index]!.NCPU);
      return { nodes, snapshot, where, image: images[index]!.tag };
    }),
  );
  if (!isSpread(testbed)) {
    return { names, network: bridgeNetwork(testbed, names), networkEngine: 0, engines };
  }
  return {
    names,
    network: overlayNetwork(testbed, names, sites.length),
    networkEngine: await managerAmong(sites.map(({ engine }) => engine)),
    engines,
  };
}

/** Rates need root and the containers' own namespaces. */
async function linkAbilities(engine: Engine): Promise<ReadonlySet<Capability>> {
  return process.getuid?.() === 0 && (await engine.isHere()) ? shapingAbilities() : new Set();
}
