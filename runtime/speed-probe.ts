/**
 * Measures how fast this machine computes a network's first layers in one piece, on one thread: for
 * each line on standard input, which says how many times, it prints the milliseconds of each run.
 * Whoever started it limits the process meanwhile.
 */
import { createInterface } from 'node:readline';
import { loadEngine } from './engine/registry.ts';
import { loadNetwork, openWeights } from './model/load.ts';
import { elements } from './model/network.ts';

export interface SpeedProbeReady {
  readonly pid: number;
  /** Such as "onnxruntime 1.21.1". */
  readonly engine: string;
}

export interface SpeedProbeRuns {
  readonly milliseconds: readonly number[];
}

/** @param layers the first so many */
export async function probeSpeed(cfg: string, layers: number, engineName: string): Promise<void> {
  const network = await loadNetwork(cfg);
  const weights = await openWeights({ kind: 'synthetic', seed: 1 }, network);
  const engine = await loadEngine(engineName);
  const segment = await engine.open({
    network,
    from: 0,
    to: layers,
    outputs: [layers - 1],
    extent: 'whole',
    threads: 1,
    weights: (layer) => weights.read(layer),
  });
  const { width, height } = network.input;
  const run = { input: new Float32Array(elements(network.input)), height, width };
  await segment.run(run);
  const ready: SpeedProbeReady = { pid: process.pid, engine: `${engine.name} ${engine.version}` };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const milliseconds: number[] = [];
    for (let round = 0; round < Number(line); round++) {
      const before = performance.now();
      await segment.run(run);
      milliseconds.push(performance.now() - before);
    }
    const runs: SpeedProbeRuns = { milliseconds };
    process.stdout.write(`${JSON.stringify(runs)}\n`);
  }
  await segment.close();
}
