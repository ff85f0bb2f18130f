/** Whether a testbed has what an experiment asks for. */
import type { SpecDocument } from './document.ts';
import type { ExperimentSpec } from './experiment.ts';
import { SpecError, type SpecFault } from './faults.ts';
import type { LoadedExperiment } from './load-experiment.ts';
import { nodeFaultFaults } from './node-faults.ts';
import type { Experiment, Testbed } from './resolved.ts';

/** Throws a SpecError when the experiment asks for what the testbed has not got. */
export function checkAgainstTestbed(
  { experiment, document }: LoadedExperiment,
  testbed: Testbed,
): void {
  const spec = document.value as ExperimentSpec;
  const edges = testbed.nodes.filter(({ role }) => role === 'edge').map(({ name }) => name);
  const faults = [
    ...edgeFaults(document, spec, testbed.name, edges),
    ...sourceFaults(document, spec, testbed.name, edges),
    ...nodeFaultFaults(document, experiment.faults, testbed, possibleSources(experiment, edges)),
  ];
  if (faults.length > 0) throw new SpecError(faults);
}

/** Edges that have frames in one trial at least. */
function possibleSources({ trials }: Experiment, edges: readonly string[]): readonly string[] {
  return trials.flatMap(({ sources }) => {
    if (sources === 'all') return edges;
    return typeof sources === 'number' ? edges.slice(0, sources) : sources;
  });
}

function edgeFaults(
  document: SpecDocument,
  { matrix }: ExperimentSpec,
  testbed: string,
  edges: readonly string[],
): SpecFault[] {
  return [...(matrix.edges ?? []).entries()]
    .filter(([, count]) => count > edges.length)
    .map(([index, count]) =>
      document.fault(
        ['matrix', 'edges', index],
        `${testbed} has ${edges.length} edges, not ${count}`,
      ),
    );
}

/** Every source takes part in every trial, those with the fewest edges included. */
function sourceFaults(
  document: SpecDocument,
  { frames, matrix }: ExperimentSpec,
  testbed: string,
  edges: readonly string[],
): SpecFault[] {
  const fewest = Math.min(edges.length, ...(matrix.edges ?? []));
  const few = fewest === 1 ? '1 edge' : `${fewest} edges`;
  const faults: SpecFault[] = [];
  for (const [index, count] of (matrix.sources ?? []).entries()) {
    if (count <= fewest) continue;
    const message = `trials with ${few} cannot have ${count} sources`;
    faults.push(document.fault(['matrix', 'sources', index], message));
  }
  const names = Array.isArray(frames.sources) ? frames.sources : [];
  for (const [index, source] of names.entries()) {
    const path = ['frames', 'sources', index];
    const position = edges.indexOf(source);
    if (position < 0) {
      const hint = `edges: ${edges.join(', ')}`;
      faults.push(document.fault(path, `${testbed} has no edge ${source}`, { hint }));
    } else if (position >= fewest) {
      const message = `${source} takes no part in trials with ${few}: those use ${edges.slice(0, fewest).join(', ')}`;
      faults.push(document.fault(path, message));
    }
  }
  return faults;
}
