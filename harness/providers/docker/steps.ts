/** Steps of `up` as the core takes them: the image, containers and their network, and rates of links. */
import { runCommand } from '../../machine/command.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import type { Capability, Step } from '../provider.ts';
import type { Engine } from './engine.ts';
import { hasImage, imageAction, makeImage, type NodeImage } from './image.ts';
import type { OwnNames } from './names.ts';
import { type CommandStep, containerName } from './plan.ts';
import { type Cable, findCable, linkCommands, wantedLabel } from './shaping.ts';
import type { Site } from './sites.ts';
import type { Container } from './snapshot.ts';

/** Each is made on one engine that lacks it, and copied to the others: the very same on all. */
export async function imageSteps(
  sites: readonly Site[],
  images: readonly NodeImage[],
): Promise<readonly Step[]> {
  const different = new Map(images.map((image) => [image.tag, image]));
  const steps = [...different.values()].map((image) =>
    stepsFor(
      image,
      sites.filter((_, index) => images[index]!.tag === image.tag),
    ),
  );
  return (await Promise.all(steps)).flat();
}

/** @param sites those that are to have it */
async function stepsFor(image: NodeImage, sites: readonly Site[]): Promise<readonly Step[]> {
  const present = await Promise.all(sites.map(({ engine }) => hasImage(engine, image)));
  const holder = Math.max(0, present.indexOf(true));
  const { engine: source, where } = sites[holder]!;
  const made: Step = {
    title: `make the image ${image.tag}${where}`,
    actions: [imageAction(source, image)],
    done: async () => present[holder]!,
    apply: (signal) => makeImage(source, image, signal),
  };
  const copied = sites.map(
    ({ engine, where }, index): Step => ({
      title: `copy the image ${image.tag} to ${where.replace(/^ on /, '')}`,
      actions: [source.command(['save', image.tag]), engine.command(['load'])],
      done: async () => index === holder || present[index]!,
      apply: (signal) => source.copyImage(image.tag, engine, signal),
    }),
  );
  return [made, ...copied];
}

export function commandStep(engine: Engine, { title, node, actions }: CommandStep): Step {
  return {
    title,
    ...(node === undefined ? {} : { node }),
    actions: actions.map((action) => engine.command(action)),
    done: async () => false,
    apply: async (signal) => {
      for (const action of actions) {
        const [kind, verb, name] = action;
        if (kind === 'network' && verb === 'rm') await engine.removeNetwork(name!, signal);
        else await engine.run(action, { signal });
      }
    },
  };
}

/** Of those nodes whose link is not what it is to be, or that are about to be made with a link. */
export async function linkSteps(
  engine: Engine,
  names: OwnNames,
  { nodes }: Testbed,
  able: ReadonlySet<Capability>,
  containers: ReadonlyMap<string, Container>,
): Promise<readonly Step[]> {
  if (!able.has('shape')) return [];
  const steps: Step[] = [];
  for (const node of nodes) {
    const wanted = wantedLabel(node, able);
    const found = containers.get(containerName(names, node.name));
    // A container that is not there yet has a free link, and one that is made anew is found by `done`.
    const cable = found?.State.Running === true ? await findCable(found.State.Pid) : undefined;
    if (wanted === '' && (cable?.label ?? '') === '') continue;
    const planned = cable ?? unknownCable(node);
    const process = cable === undefined ? `PROCESS-OF-${node.name}` : found!.State.Pid;
    steps.push({
      title: wanted === '' ? `free the link of ${node.name}` : `shape the link of ${node.name}`,
      node: node.name,
      actions: linkCommands(node, process, planned, able),
      done: async () => cable?.label === wanted,
      apply: () => shapeLink(engine, names, node, able),
    });
  }
  return steps;
}

/** Gives the link of a running container what its node asks for. */
export async function shapeLink(
  engine: Engine,
  names: OwnNames,
  node: TestbedNode,
  able: ReadonlySet<Capability>,
): Promise<void> {
  const name = containerName(names, node.name);
  const [container] = await engine.inspect<Container>('container', [name]);
  const cable = container && (await findCable(container.State.Pid));
  if (container === undefined || cable === undefined) {
    throw new Error(`${name} has no link on this machine`);
  }
  for (const command of linkCommands(node, container.State.Pid, cable, able)) {
    await runCommand(command);
  }
}

function unknownCable({ name }: TestbedNode): Cable {
  return {
    port: { where: [], device: `PORT-OF-${name}` },
    inside: { where: [], device: 'eth0' },
    label: '',
  };
}
