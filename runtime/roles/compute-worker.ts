/**
 * The compute thread: opens a segment of the network and runs it, so that the thread of the role stays
 * free for peers, heartbeats and the next tile. An engine's `run` blocks its thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '../clock.ts';
import type { Segment } from '../engine/engine.ts';
import { freeAtOnce } from '../engine/memory.ts';
import { loadEngine } from '../engine/registry.ts';
import { TilebedError } from '../errors.ts';
import { letterboxRegion } from '../frames/letterbox.ts';
import { loadNetwork, openWeights } from '../model/load.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import {
  arraysOf,
  type ComputeInput,
  type ComputeReply,
  type ComputeRequest,
  type ComputeRun,
  type ComputeSetup,
} from './compute-protocol.ts';
import { LOOK_MS, Pace } from './pace.ts';

const port = parentPort!;
/** Grows to the largest tile and is used for every one. */
let inputBuffer = new Float32Array(0);

const setup = workerData as ComputeSetup;
const segment = await openSegment(setup).catch((error) => {
  reply(failure(undefined, error));
  return undefined;
});
if (segment !== undefined) {
  const pace = paceOf(setup);
  if (pace !== undefined) setInterval(() => pace.look(), LOOK_MS).unref();
  reply({ kind: 'open' });
  let last = Promise.resolve();
  port.on('message', (request: ComputeRequest) => {
    // Engines yield between blocks: two runs at once would each wait for the other's.
    last = last.then(async () => {
      if (request.kind === 'forgive') return pace?.forgive();
      const { id, run } = request;
      return compute(segment, pace, id, run).catch((error) => reply(failure(id, error)));
    });
  });
}

/** What an engine's further threads use cannot be told from other work: all of it counts as the engine's. */
function paceOf({ cpuShares, threads }: ComputeSetup): Pace | undefined {
  if (cpuShares === undefined) return undefined;
  if (threads === 1) return new Pace(cpuShares);
  const engine = cpuShares.engine * threads;
  return new Pace({ engine, other: engine });
}

async function openSegment(setup: ComputeSetup): Promise<Segment> {
  const network = await loadNetwork(setup.model.cfg);
  const weights = await openWeights(setup.model.weights, network);
  try {
    const engine = await loadEngine(setup.engine);
    const { from, outputs, extent, cuts = [], chains = false, threads, precision } = setup;
    const to = setup.to ?? network.layers.length;
    return await engine.open({
      network,
      from,
      to,
      outputs,
      extent,
      cuts,
      chains,
      threads,
      precision,
      weights: (layer) => weights.read(layer),
    });
  } finally {
    await weights.close();
  }
}

async function compute(
  segment: Segment,
  pace: Pace | undefined,
  id: number,
  run: ComputeRun,
): Promise<void> {
  const startMs = monotonicMs();
  const { input, ...how } = run;
  // Scaling a picture is no layer, nor is opening a session: they belong to the device's other work.
  const prepared = prepareInput(input);
  await segment.prepare?.({ ...prepared, ...how });
  pace?.begin();
  const runsFromMs = monotonicMs();
  const { outputs, kept } = await segment.run({ ...prepared, ...how });
  pace?.hold(runsFromMs);
  const endMs = monotonicMs();
  const maps = outputs.map(({ data }) => data);
  const { engineBytes } = segment;
  freeAtOnce(arraysOf(run));
  reply(
    { kind: 'result', id, result: { outputs: maps, kept, startMs, endMs, engineBytes } },
    [...maps, ...kept].map(({ buffer }) => buffer as ArrayBuffer),
  );
}

function prepareInput(input: ComputeInput) {
  if (input.kind === 'floats')
    return { input: input.data, height: input.height, width: input.width };
  const { letterbox, region, picture, crop } = input;
  const [height, width] = [regionHeight(region), regionWidth(region)];
  if (inputBuffer.length < 3 * height * width) inputBuffer = new Float32Array(3 * height * width);
  return { input: letterboxRegion(letterbox, region, picture, crop, inputBuffer), height, width };
}

function reply(message: ComputeReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function failure(id: number | undefined, error: unknown): ComputeReply {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof TilebedError ? error.hint : undefined;
  return { kind: 'error', id, message, ...(hint === undefined ? {} : { hint }) };
}
