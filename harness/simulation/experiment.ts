/** Every point of an experiment on simulated time, as records like those of a run. */
import type { Network } from '../../runtime/model/network.ts';
import { median } from '../../runtime/quantiles.ts';
import type { PlanEvent } from '../../runtime/roles/events.ts';
import type {
  SimulatedTrial,
  TrialEdge,
  TrialGateway,
} from '../../runtime/simulation/simulated-trial.ts';
import type { SimulatedOutcome } from '../../runtime/simulation/timed-world.ts';
import { simulateTrial } from '../../runtime/simulation/trial.ts';
import type { Trace, TrialRecord } from '../results/format.ts';
import { sourceSeed } from '../run/assets.ts';
import { type PlannedTrial, planTrials } from '../run/plan.ts';
import { rateOfSource } from '../spec/rate.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';
import { type ModelledNode, modelledNodes, realLink } from './nodes.ts';
import { type Guess, type Profile, wayOf } from './profile.ts';

export interface SimulationInput {
  readonly experiment: Experiment;
  readonly testbed: Testbed;
  readonly network: Network;
}

export interface SimulatedPoint {
  readonly record: TrialRecord;
  readonly trace: Trace;
}

/** Of no use for a trial's identity: nothing here depends on their bytes. */
const NO_INPUTS = {
  runtimeHash: 'simulated',
  cfgHash: 'simulated',
  weightsHash: 'simulated',
  pictureHashes: [],
};

export function plannedPoints({ experiment, testbed }: SimulationInput): readonly PlannedTrial[] {
  return planTrials(experiment, testbed, NO_INPUTS);
}

export function simulatePoint(
  input: SimulationInput,
  point: PlannedTrial,
  profile: Profile,
  { order, spans }: { readonly order: number; readonly spans: boolean },
): SimulatedPoint {
  const plans: PlanEvent[] = [];
  const outcome = simulateTrial({
    ...trialOf(input, point, profile),
    spans,
    emit: (event) => {
      if (event.event === 'plan') plans.push(event);
    },
  });
  const { trial, parameters } = point;
  const frames = outcome.frames
    .map(({ source, frame, latencyMs }) => ({ source, frame, latencyMs, detections: [] }))
    .toSorted((a, b) => (a.source === b.source ? a.frame - b.frame : a.source < b.source ? -1 : 1));
  const record: TrialRecord = {
    trial,
    parameters,
    repetition: 1,
    status: 'ok',
    simulated: true,
    startedAt: new Date().toISOString(),
    order,
    makespanMs: outcome.makespanMs,
    throughputFps: (1000 * frames.length) / outcome.makespanMs,
    frames,
    lostFrames: [],
    nodes: nodeRecords(outcome),
    ...(plans.length === 0 ? {} : { plans: plans.map(({ event: _, ...plan }) => plan) }),
  };
  return { record, trace: { trial, repetition: 1, clockErrorMs: {}, spans: outcome.spans } };
}

/** What is compared with a measured point to learn from it. */
export function guessPoint(input: SimulationInput, point: PlannedTrial, profile: Profile): Guess {
  const trial = trialOf(input, point, profile);
  const { nodes, frames } = simulateTrial({ ...trial, spans: false });
  const edges = [...nodes.values()].filter(({ role }) => role === 'edge');
  return {
    computeMs: edges.reduce((sum, { computeMs }) => sum + computeMs, 0) / frames.length,
    latencyMs: median(frames.map(({ latencyMs }) => latencyMs)),
    runs: Math.max(...edges.map(({ tilesComputed }) => tilesComputed)) / frames.length,
    guessedRunMs: modelledNodes(input.testbed, input.network, 0).find(
      ({ role }) => role === 'edge',
    )!.times.runMs,
  };
}

function trialOf(
  { experiment, testbed, network }: SimulationInput,
  { parameters, grid, strategy, sources, rate }: PlannedTrial,
  profile: Profile,
): Omit<SimulatedTrial, 'spans'> {
  const { fusedLayers } = parameters;
  const { timeScale = 1, medium, pairs = [] } = testbed;
  const way = profile.ways.get(wayOf(parameters)) ?? profile.any;
  const nodes = modelledNodes(testbed, network, fusedLayers).map((node) =>
    fitted(node, profile, way),
  );
  const gateway = nodes.find(({ role }) => role === 'gateway')!;
  const giving = new Set(sources);
  const edges = nodes
    .filter(({ role }) => role === 'edge')
    .slice(0, parameters.edges)
    .map(
      ({ name, link, times, hasOneCore }): TrialEdge => ({
        name,
        link,
        times,
        hasOneCore,
        frames: giving.has(name) ? experiment.frames.count : 0,
        rate: rateOfSource(rate, sourceSeed(experiment.seed, name, 'arrivals')),
      }),
    );
  return {
    network,
    fusedLayers,
    grid,
    strategy,
    framesInFlight: experiment.framesInFlight,
    transfer: experiment.transfer,
    gateway: gateway satisfies TrialGateway,
    edges,
    medium: medium && realLink(medium, timeScale),
    pairs: pairs.map(({ between, link }) => ({ between, link: realLink(link, timeScale) })),
  };
}

/** A node with what was measured in place of what is guessed. */
function fitted(
  node: ModelledNode,
  { linkFactor, readMs, cutMs }: Profile,
  { computeFactor, runMs, frameMs = 0 }: Profile['any'],
): ModelledNode {
  const { link, times } = node;
  const rate = link.rateBitsPerSecond;
  const faster = rate === undefined ? link : { ...link, rateBitsPerSecond: rate * linkFactor };
  if (node.role === 'gateway') return { ...node, link: faster };
  return {
    ...node,
    link: faster,
    times: {
      ...times,
      layerMs: times.layerMs.map((ms) => ms * computeFactor),
      runMs: runMs ?? times.runMs,
      readMs: (readMs ?? times.readMs) + frameMs,
      cutMs: cutMs ?? times.cutMs,
    },
  };
}

/** What a simulation cannot know, such as memory, is 0. */
function nodeRecords({ nodes }: SimulatedOutcome): TrialRecord['nodes'] {
  return Object.fromEntries(
    [...nodes].map(([name, node]) => [
      name,
      {
        ...node,
        peakRssBytes: 0,
        engineBytes: 0,
        cpuSeconds: 0,
        tilesReissued: 0,
        haloBytesReused: 0,
        haloBytesReceived: node.haloBytesReceived,
        peersRefused: 0,
      },
    ]),
  );
}
