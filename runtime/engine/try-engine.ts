/** Tries an engine for real: that a file is there does not mean that it computes. */
import { TilebedError } from '../errors.ts';
import type { ConvolutionalLayer } from '../model/network.ts';
import type { Engine } from './engine.ts';
import { loadEngine } from './registry.ts';

const SIDE = 4;
const map = { channels: 1, height: SIDE, width: SIDE };
/** Adds up the nine elements around each one. */
const layer: ConvolutionalLayer = {
  kind: 'convolutional',
  index: 0,
  line: 0,
  input: map,
  output: map,
  filters: 1,
  size: 3,
  stride: 1,
  padding: 1,
  groups: 1,
  batchNormalize: false,
  activation: 'linear',
};

/**
 * Resolves with the engine when a small convolution comes out right; rejects with a TilebedError
 * (MISSING) that says what this machine lacks, or (INPUT) when there is no such engine.
 */
export async function tryEngine(name: string): Promise<Engine> {
  const engine = await loadEngine(name);
  const segment = await engine.open({
    network: { name: 'trial', input: map, layers: [layer] },
    from: 0,
    to: 1,
    outputs: [0],
    extent: 'whole',
    threads: 1,
    weights: async () => ({ kernel: new Float32Array(9).fill(1), bias: Float32Array.of(0.5) }),
  });
  try {
    const input = new Float32Array(SIDE * SIDE).fill(1);
    const { outputs } = await segment.run({ input, height: SIDE, width: SIDE });
    const [corner, edge, inside] = [4.5, 6.5, 9.5];
    const rows = [
      [corner, edge, edge, corner],
      [edge, inside, inside, edge],
      [edge, inside, inside, edge],
      [corner, edge, edge, corner],
    ];
    if (String([...outputs[0]!.data]) === String(rows.flat())) return engine;
  } finally {
    await segment.close();
  }
  throw new TilebedError('MISSING', `the engine ${name} computes wrong sums on this machine`, {
    hint: 'choose another engine',
  });
}
