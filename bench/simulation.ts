/** How fast a testbed that nobody has is simulated: its schedulers are the real ones. */
import { join } from 'node:path';
import { BUILT_IN_MODELS } from '../harness/spec/find-model.ts';
import { loadNetwork } from '../runtime/model/load.ts';
import type { StrategyName } from '../runtime/schedule/strategies.ts';
import { DEFAULT_TRANSFER } from '../runtime/schedule/transfer.ts';
import type { SimulatedTrial } from '../runtime/simulation/simulated-trial.ts';
import { simulateTrial } from '../runtime/simulation/trial.ts';
import { interval, milliseconds, takeTurns } from './measure.ts';
import type { BenchRow } from './table.ts';

const EDGES = 1000;
const FRAMES = 100;
const FUSED_LAYERS = 16;
const TARGET_MS = 10_000;
const STRATEGIES = ['ftp-wst', 'deepthings', 'neighbour', 'adaptive'] as const;
const MEDIA = ['links', 'shared'] as const;

export async function benchSimulation(rounds: number): Promise<readonly BenchRow[]> {
  const network = await loadNetwork(join(BUILT_IN_MODELS, 'yolov2.cfg'));
  const contenders = STRATEGIES.flatMap((strategy) =>
    MEDIA.map((medium) => ({
      name: `${strategy}, ${medium === 'shared' ? 'one medium' : 'a link each'}`,
      run: () => milliseconds(async () => simulateTrial(trialOf(strategy, medium, network))),
    })),
  );
  const measured = await takeTurns(contenders, rounds);
  return contenders.map(({ name }) => ({
    what: `simulated: ${EDGES} edges, ${FRAMES} frames, ${name}`,
    value: interval(measured.get(name)!),
    unit: 'ms',
    target: { bound: 'at most', value: TARGET_MS },
  }));
}

function trialOf(
  name: StrategyName,
  medium: (typeof MEDIA)[number],
  network: SimulatedTrial['network'],
): SimulatedTrial {
  const layerMs = Array.from({ length: FUSED_LAYERS }, () => 800);
  const times = {
    messageMs: 4,
    messageMsPerByte: 4e-5,
    readMs: 1000,
    cutMs: 8,
    layerMs,
    runMs: 20,
    answerMs: 0,
  };
  const link = { rateBitsPerSecond: 40e6 };
  const node = { times, link, hasOneCore: true };
  return {
    network,
    fusedLayers: FUSED_LAYERS,
    grid: { rows: 5, columns: 5 },
    strategy: { name, reuse: name === 'deepthings', order: 'checkerboard', align: 'output' },
    framesInFlight: 3,
    transfer: DEFAULT_TRANSFER,
    spans: false,
    ...(medium === 'shared' ? { medium: link } : {}),
    gateway: { ...node, name: 'gateway', finishMs: 10 },
    edges: Array.from({ length: EDGES }, (_, index) => ({
      ...node,
      name: `edge${index}`,
      frames: index === 0 ? FRAMES : 0,
      rate: { kind: 'back-to-back' },
    })),
  };
}
