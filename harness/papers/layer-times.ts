/**
 * Figure 1 on this machine: each layer by itself, on one thread, scaled so that the first 16 take what
 * they take on the paper's device. What agrees or does not is then how the time spreads over layers.
 */
import { loadEngine } from '../../runtime/engine/registry.ts';
import { openWeights } from '../../runtime/model/load.ts';
import { elements, type Network } from '../../runtime/model/network.ts';
import { PAPER_PLAIN_SECONDS } from './devices.ts';
import type { Values } from './figures.ts';
import type { Measured } from './reproduce.ts';

const FUSED = 16;
const ENGINE = 'onnxruntime';

export interface LayerTimesOptions {
  readonly signal: AbortSignal;
  /** Of each layer; their median counts. */
  readonly rounds: number;
}

/** Rejects when the signal is aborted. */
export async function measureLayerTimes(
  network: Network,
  options: LayerTimesOptions,
): Promise<Measured> {
  const engine = await loadEngine(ENGINE);
  const milliseconds: (number | null)[] = [];
  for (const { index, kind } of network.layers) {
    options.signal.throwIfAborted();
    // Routes and reorganisations only move data; a region layer decodes.
    const alone = kind === 'convolutional' || kind === 'maxpool';
    milliseconds.push(alone ? await layerMs(network, index, options.rounds) : null);
  }
  const fused = milliseconds.slice(0, FUSED).reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  return {
    panels: { compute: { 'one core of a Raspberry Pi 3': scaled(milliseconds, fused) } },
    plain: undefined,
    setting: [
      `Each layer by itself on one thread of this machine (${ENGINE} ${engine.version}), the median of ${options.rounds} runs.`,
      `Scaled by ${((1000 * PAPER_PLAIN_SECONDS) / fused).toFixed(1)}: the first ${FUSED} layers took ${(fused / 1000).toFixed(3)} s here, and ${PAPER_PLAIN_SECONDS} s on the paper's device.`,
    ],
  };
}

/** In seconds of the paper's device. */
export function scaled(milliseconds: Values, fusedMs: number): Values {
  return milliseconds.map((ms) => (ms === null ? null : (ms / fusedMs) * PAPER_PLAIN_SECONDS));
}

async function layerMs(network: Network, layer: number, rounds: number): Promise<number> {
  const weights = await openWeights({ kind: 'synthetic', seed: 1 }, network);
  const engine = await loadEngine(ENGINE);
  const { input } = network.layers[layer]!;
  const segment = await engine.open({
    network,
    from: layer,
    to: layer + 1,
    outputs: [layer],
    extent: 'whole',
    threads: 1,
    weights: (index) => weights.read(index),
  });
  try {
    const run = {
      input: new Float32Array(elements(input)),
      height: input.height,
      width: input.width,
    };
    await segment.run(run);
    const took: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      await segment.run(run);
      took.push(performance.now() - startMs);
    }
    return took.sort((a, b) => a - b)[Math.floor(took.length / 2)]!;
  } finally {
    await segment.close();
    await weights.close();
  }
}
