/**
 * How much memory a device needs for its part of the fused layers, before anything runs: DeepThings'
 * model (Zhao et al., TCAD 2018, figures 11 and 15). It counts a layer's input and output for the
 * largest part, and all weights; a convolution's output counts at its input's size, as an engine
 * computes it that cuts the halo off afterwards. What waits in queues is not in it.
 */
import type { Layer, Network } from '../model/network.ts';
import { weightBytes } from '../model/operations.ts';
import type { FusedPlan } from './plan.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';
import { planStripsPerLayer } from './strips.ts';

export interface DeviceMemory {
  /** By fused layer: input and output of the largest part, in bytes. */
  readonly layerBytes: readonly number[];
  /** Kernels and biases of the fused layers, in bytes. */
  readonly weightBytes: number;
  /** Weights and the largest layer's data. */
  readonly totalBytes: number;
}

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Of a device that computes tiles of a grid, one after the other; 1x1 is the network unpartitioned. */
export function tileMemory(network: Network, plan: FusedPlan): DeviceMemory {
  return deviceMemory(
    network.layers.slice(0, plan.fusedLayers).map((layer, index) => ({
      layer,
      inputs: plan.tiles.map((tile) => tile.layers[index]!.input),
    })),
  );
}

/**
 * Of one of `devices` equal devices that compute strips, cut anew at every layer (BODP, Mao et al., DATE
 * 2017).
 *
 * @throws TilebedError (INPUT) when a layer cannot be fused
 */
export function stripMemory(network: Network, fusedLayers: number, devices: number): DeviceMemory {
  const edges = Array.from({ length: devices }, (_, index) => ({ name: `${index}`, layerMs: [] }));
  const grid = { rows: devices, columns: 1 };
  const align = 'per-layer';
  const { stages } = planStripsPerLayer({ network, fusedLayers, grid, edges, align });
  return deviceMemory(
    stages.flatMap(({ from, to, parts }) =>
      network.layers.slice(from, to).map((layer, position) => ({
        layer,
        inputs: parts.map(({ layers }) => layers[position]!.input),
      })),
    ),
  );
}

function deviceMemory(
  parts: readonly { readonly layer: Layer; readonly inputs: readonly Region[] }[],
): DeviceMemory {
  const layerBytes = parts.map(({ layer, inputs }) => largestBytes(layer, inputs));
  const weights = weightBytes(parts.map(({ layer }) => layer));
  return { layerBytes, weightBytes: weights, totalBytes: weights + Math.max(...layerBytes) };
}

function largestBytes(layer: Layer, inputs: readonly Region[]): number {
  const sizes = inputs.map((region) => regionHeight(region) * regionWidth(region));
  const stride = layer.kind === 'convolutional' || layer.kind === 'maxpool' ? layer.stride : 1;
  const values = layer.input.channels + layer.output.channels / (stride * stride);
  return FLOAT_BYTES * values * Math.max(...sizes);
}
