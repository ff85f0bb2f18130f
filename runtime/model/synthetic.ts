/**
 * Seeded weights for any network, equal on every machine: only integer arithmetic, and the float
 * operations that IEEE 754 rounds exactly. Each layer depends on the seed and its own index alone, so
 * an edge and a gateway each make just their part.
 */
import type { ConvolutionalLayer, ConvolutionWeights } from './network.ts';
import { kernelFloats } from './weights.ts';

/** Leaky ReLU lets 1 + 0.1² of half the power through; He et al. (2015), eq. 14, with slope a = 0.1. */
const LEAKY_GAIN = 2 / (1 + 0.1 * 0.1);

export function syntheticWeights(layer: ConvolutionalLayer, seed: number): ConvolutionWeights {
  const next = xorshift32(mix(seed, layer.index));
  const fanIn = (layer.input.channels / layer.groups) * layer.size * layer.size;
  // A uniform distribution over ±limit has a variance of limit² / 3.
  const limit = Math.sqrt((3 * LEAKY_GAIN) / fanIn);
  const kernel = new Float32Array(kernelFloats(layer));
  fillUniform(kernel, limit, next);
  const bias = new Float32Array(layer.filters);
  fillUniform(bias, 0.1, next);
  return { kernel, bias };
}

function fillUniform(target: Float32Array, limit: number, next: () => number): void {
  const scale = limit / 2 ** 31;
  for (let index = 0; index < target.length; index++) target[index] = next() * scale;
}

/** Marsaglia, "Xorshift RNGs" (2003), triple 13, 17, 5: signed 32-bit integers, never 0. */
function xorshift32(state: number): () => number {
  let x = state;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x;
  };
}

/** Spreads seed and layer over 32 bits (the finaliser of MurmurHash3), so that layers are unrelated. */
function mix(seed: number, layer: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(layer + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash === 0 ? 1 : hash;
}
