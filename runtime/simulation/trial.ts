/**
 * One trial on simulated time: the schedulers, planners and queues of the roles, between devices that take
 * as long as they are said to and links as fast as they are said to be. The same input gives the same run.
 */
import { dealtStrategy } from '../partition/dealt.ts';
import type { EdgeProfile } from '../partition/stages.ts';
import { AdaptivePlanning } from '../roles/dealt/adaptive-planning.ts';
import { type Planning, SteadyPlanning } from '../roles/dealt/planning.ts';
import { stealingPlan } from '../roles/job.ts';
import { STRATEGIES, strategyOn } from '../schedule/strategies.ts';
import { DealtEdge } from './dealt-edge.ts';
import { DealtGateway, type DealtSignal } from './dealt-gateway.ts';
import { partDevice, tileDevice } from './devices.ts';
import type { SimulatedTrial } from './simulated-trial.ts';
import { dealtSizes, stealingSizes } from './sizes.ts';
import { StealingEdge } from './stealing-edge.ts';
import { StealingGateway, type StealingSignal } from './stealing-gateway.ts';
import { stealingTiles } from './tiles.ts';
import { type SimulatedOutcome, TimedWorld } from './timed-world.ts';

/** Far more than any trial has: one that never ends is a fault of the schedulers. */
const EVENTS_A_FRAME = 200_000;
const EVENTS_AN_EDGE = 100_000;

/** Throws a plain Error where frames are lost, which nothing here can cause. */
export function simulateTrial(given: SimulatedTrial): SimulatedOutcome {
  const trial = { ...given, strategy: strategyOn(given.edges.length, given.strategy) };
  const outcome =
    STRATEGIES[trial.strategy.name].dealing === 'dealt'
      ? simulateDealt(trial)
      : simulateStealing(trial);
  const frames = trial.edges.reduce((sum, edge) => sum + edge.frames, 0);
  if (outcome.frames.length !== frames) {
    throw new Error(`${outcome.frames.length} of ${frames} frames were finished`);
  }
  return outcome;
}

function simulateStealing(trial: SimulatedTrial): SimulatedOutcome {
  const { network, strategy } = trial;
  const work = stealingPlan(network, trial);
  const { plan } = work;
  const world = new TimedWorld<StealingSignal>(trial, stealingSizes({ ...trial, plan }));
  const gateway = new StealingGateway(world, plan.tiles.length, framesOf(trial));
  const tiles = stealingTiles(work, trial);
  world.connectGateway((name, end) => gateway.onPeer(name, end));
  for (const { name, frames: count, rate } of trial.edges) {
    const edge = new StealingEdge(
      {
        name,
        count,
        rate,
        framesInFlight: trial.framesInFlight,
        storeBytes: Number.POSITIVE_INFINITY,
        mute: false,
        offers: strategy.name !== 'local',
        device: tileDevice(network, world.node(name), world.notes),
      },
      tiles,
      world,
    );
    world.add(name, (from, end) => edge.onThief(from, end));
    edge.join();
  }
  gateway.start();
  world.events.drain(mostEvents(trial));
  return world.outcome();
}

function simulateDealt(trial: SimulatedTrial): SimulatedOutcome {
  const { network, fusedLayers, grid, strategy, transfer } = trial;
  const { planner, framesUnderWay } = dealtStrategy(strategy);
  const settings = { network, fusedLayers, grid, align: strategy.align };
  const world = new TimedWorld<DealtSignal>(trial, dealtSizes(trial));
  const isAdaptive = strategy.name === 'adaptive';
  const planning: Planning = isAdaptive
    ? new AdaptivePlanning(
        {
          ...settings,
          medium: trial.medium === undefined ? 'links' : 'shared',
          frames: transfer.frames,
        },
        trial.emit ?? (() => {}),
        () => world.events.nowMs(),
      )
    : new SteadyPlanning(planner, settings);
  for (const { name, times } of trial.edges) {
    const measured: EdgeProfile = { name, layerMs: times.layerMs };
    const rate = world.rateTo(name);
    const link = {
      delayMs: world.delayMs(name),
      ...(rate === undefined ? {} : { rateBitsPerSecond: rate }),
    };
    planning.know(isAdaptive ? { ...measured, ...link } : measured);
  }
  const frames = framesOf(trial);
  const gateway = new DealtGateway(world, { frames, limit: framesUnderWay, planning });
  world.connectGateway((name, end) => gateway.onPeer(name, end));
  for (const { name, frames: count, rate } of trial.edges) {
    const device = partDevice(network, world.node(name), world.notes);
    const intake = { count, rate, framesInFlight: trial.framesInFlight };
    const edge = new DealtEdge(
      { name, ...intake, device, checks: false, tells: isAdaptive },
      world,
    );
    world.add(name, (from, end) => edge.onPeer(from, end));
    edge.join();
  }
  gateway.start();
  world.events.drain(mostEvents(trial));
  planning.end?.();
  return world.outcome();
}

function framesOf({ edges }: SimulatedTrial): ReadonlyMap<string, number> {
  return new Map(edges.map(({ name, frames }) => [name, frames]));
}

function mostEvents({ edges }: SimulatedTrial): number {
  const frames = edges.reduce((sum, edge) => sum + edge.frames, 0);
  return EVENTS_A_FRAME * frames + EVENTS_AN_EDGE * edges.length;
}
