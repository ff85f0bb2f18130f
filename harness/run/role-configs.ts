/** What each role of a trial is told when it starts. Pure. */
import type { Endpoint } from '../../runtime/net/endpoint.ts';
import type {
  EdgeConfig,
  FrameSource,
  GatewayConfig,
  HostConfig,
  Work,
} from '../../runtime/roles/config.ts';
import { strategyOn } from '../../runtime/schedule/strategies.ts';
import { rateOfSource } from '../spec/rate.ts';
import { sourceSeed } from './assets.ts';
import type { TrialNode, TrialSetup } from './trial-setup.ts';

export function gatewayConfig(setup: TrialSetup, run: string): GatewayConfig {
  const { gateway, edges, experiment, sharesMedium } = setup;
  return {
    ...commonConfig(setup, run, gateway.name),
    role: 'gateway',
    listen: { address: gateway.address, port: 0 },
    work: workOf(setup, gateway),
    edges: edges.map(({ name, address, frames }) => ({ name, address, frames: frames.length })),
    framesInFlight: experiment.framesInFlight,
    threshold: experiment.threshold,
    labels: experiment.model.labels,
    medium: sharesMedium ? 'shared' : 'links',
    warmup: experiment.warmup,
  };
}

export interface EdgeStart {
  readonly edge: TrialNode;
  readonly frames: readonly FrameSource[];
  /** Where the gateway listens. */
  readonly gateway: Endpoint;
}

export function edgeConfig(
  setup: TrialSetup,
  run: string,
  { edge, frames, gateway }: EdgeStart,
): EdgeConfig {
  const { repetition, experiment } = setup;
  const { framesInFlight, warmup } = experiment;
  return {
    ...commonConfig(setup, run, edge.name),
    ...(edge.relay === undefined ? {} : { relay: edge.relay }),
    role: 'edge',
    listen: { address: edge.address, port: 0 },
    gateway: { address: gateway.address, port: gateway.port },
    work: workOf(setup, edge),
    frames,
    rate: rateOfSource(repetition.rate, sourceSeed(experiment.seed, edge.name, 'arrivals')),
    edgeCount: setup.edges.length,
    framesInFlight,
    warmup,
  };
}

export function hostConfig(
  setup: TrialSetup,
  run: string,
  { address, port }: Endpoint,
): HostConfig {
  return { ...commonConfig(setup, run, setup.host.name), role: 'host', gateway: { address, port } };
}

function commonConfig({ security, experiment }: TrialSetup, run: string, name: string) {
  return { name, run, security, liveness: experiment.liveness };
}

function workOf(
  { repetition, experiment }: TrialSetup,
  { model, threads, cpuShares }: TrialNode,
): Work {
  const { grid, strategy, precision, parameters } = repetition;
  const { engine, transfer } = experiment;
  const { edges, fusedLayers } = parameters;
  const slow = cpuShares === undefined ? {} : { cpuShares };
  const work = { model, threads, ...slow, fusedLayers, grid, precision, engine, transfer };
  return { ...work, strategy: strategyOn(edges, strategy) };
}
