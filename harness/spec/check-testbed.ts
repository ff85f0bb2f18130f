/** Whether a testbed has what an experiment asks for. */
import type { SpecDocument } from './document.ts';
import type { ExperimentSpec } from './experiment.ts';
import { SpecError, type SpecFault } from './faults.ts';
import type { LoadedExperiment } from './load-experiment.ts';
import type { Testbed } from './resolved.ts';

/** Throws a SpecError when the experiment asks for what the testbed has not got. */
export function checkAgainstTestbed(
  { experiment, document }: LoadedExperiment,
  testbed: Testbed,
): void {
  const spec = document.value as ExperimentSpec;
  const nodes = testbed.nodes.map(({ name }) => name);
  const edges = testbed.nodes.filter(({ role }) => role === 'edge').map(({ name }) => name);
  const faults = [
    ...edgeFaults(document, spec, testbed.name, edges),
    ...sourceFaults(document, spec, testbed.name, edges),
  ];
  for (const [index, { kill }] of experiment.faults.entries()) {
    if (nodes.includes(kill)) continue;
    const hint = `nodes: ${nodes.join(', ')}`;
    const message = `${testbed.name} has no node ${kill}`;
    faults.push(document.fault(['faults', index, 'kill'], message, { hint }));
  }
  if (faults.length > 0) throw new SpecError(faults);
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
