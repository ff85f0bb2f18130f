/** How much a network computes and holds: the arithmetic behind plans and benchmarks. */
import type { Layer, Shape } from './network.ts';

/** Multiply-accumulates for `outputs` elements of each of the layer's output channels. */
export function layerMultiplyAccumulates(
  layer: Layer,
  outputs: Pick<Shape, 'height' | 'width'> = layer.output,
): number {
  if (layer.kind !== 'convolutional') return 0;
  const window = (layer.input.channels / layer.groups) * layer.size * layer.size;
  return layer.filters * window * outputs.height * outputs.width;
}

/** Kernels and biases as an engine holds them, in bytes. */
export function weightBytes(layers: readonly Layer[]): number {
  let floats = 0;
  for (const layer of layers) {
    if (layer.kind !== 'convolutional') continue;
    const window = (layer.input.channels / layer.groups) * layer.size * layer.size;
    floats += layer.filters * (window + 1);
  }
  return floats * Float32Array.BYTES_PER_ELEMENT;
}
