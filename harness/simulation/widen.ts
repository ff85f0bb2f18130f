/** A testbed with as many edges as somebody asks for: more of those that it has, in their order, over and over. */
import { usesAxis } from '../../runtime/schedule/strategies.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';

export function withEdges(testbed: Testbed, count: number): Testbed {
  const gateways = testbed.nodes.filter(({ role }) => role === 'gateway');
  const edges = testbed.nodes.filter(({ role }) => role === 'edge');
  const names = new Set(edges.map(({ name }) => name));
  const more = Array.from({ length: count }, (_, index) => {
    const own = edges[index];
    if (own !== undefined) return own;
    let name = `edge${index}`;
    while (names.has(name)) name = `${name}x`;
    names.add(name);
    return { ...edges[index % edges.length]!, name };
  });
  return { ...testbed, nodes: [...gateways, ...more] };
}

export interface Overrides {
  readonly edges?: readonly number[];
  readonly frames?: number;
}

/** The same matrix with other numbers of edges, and of frames. */
export function withOverrides(experiment: Experiment, { edges, frames }: Overrides): Experiment {
  const trials =
    edges === undefined
      ? experiment.trials
      : distinct(
          edges.flatMap((count) =>
            experiment.trials.map((trial) =>
              usesAxis(trial.strategy, 'edges')
                ? { ...trial, parameters: { ...trial.parameters, edges: count } }
                : trial,
            ),
          ),
        );
  const count = frames ?? experiment.frames.count;
  return { ...experiment, trials, frames: { ...experiment.frames, count } };
}

function distinct(trials: Experiment['trials']): Experiment['trials'] {
  const known = new Map(trials.map((trial) => [JSON.stringify(trial), trial]));
  return [...known.values()];
}
