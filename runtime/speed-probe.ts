/**
 * Measures how fast this machine computes a network's first layers in one piece, on one thread. Each
 * line on standard input says how many times, and with what share of a CPU; it prints the milliseconds
 * and the CPU time of each run.
 */
import { createInterface } from 'node:readline';
import { monotonicMs } from './clock.ts';
import { loadEngine } from './engine/registry.ts';
import { loadNetwork, openWeights } from './model/load.ts';
import { elements } from './model/network.ts';
import { Pace } from './roles/pace.ts';

/** What standard input brings, a line of JSON each. */
export interface SpeedProbeRequest {
  readonly rounds: number;
  /** As a node is held to it; absent: full speed. */
  readonly cpuShare?: number;
}

export interface SpeedProbeReady {
  /** Such as "onnxruntime 1.21.1". */
  readonly engine: string;
}

export interface SpeedProbeRuns {
  readonly milliseconds: readonly number[];
  readonly cpuMilliseconds: readonly number[];
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
  const ready: SpeedProbeReady = { engine: `${engine.name} ${engine.version}` };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const { rounds, cpuShare } = JSON.parse(line) as SpeedProbeRequest;
    const [milliseconds, cpuMilliseconds]: [number[], number[]] = [[], []];
    const pace =
      cpuShare === undefined ? undefined : new Pace({ engine: cpuShare, other: cpuShare });
    for (let round = 0; round < rounds; round++) {
      const cpuBefore = process.cpuUsage();
      pace?.begin();
      const startMs = monotonicMs();
      await segment.run(run);
      pace?.hold(startMs);
      milliseconds.push(monotonicMs() - startMs);
      const { user, system } = process.cpuUsage(cpuBefore);
      cpuMilliseconds.push((user + system) / 1000);
    }
    const runs: SpeedProbeRuns = { milliseconds, cpuMilliseconds };
    process.stdout.write(`${JSON.stringify(runs)}\n`);
  }
  await segment.close();
}
