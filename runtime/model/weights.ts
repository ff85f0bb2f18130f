/**
 * Reads Darknet's .weights: a header, then the convolutional layers' parameters in order, as
 * little-endian float32. Only the layers that are asked for are read, since an edge must never hold
 * the rest of a network.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { TilebedError } from '../errors.ts';
import type { ConvolutionalLayer, ConvolutionWeights, Network } from './network.ts';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** Darknet's CPU code divides by sqrt(variance) + this (blas.c, normalize_cpu). */
const NORMALIZE_EPSILON = 0.000001;

/** Floats of one layer in the file: biases, then scales, means and variances, then the kernel. */
export function layerFloats(layer: ConvolutionalLayer): number {
  return layer.filters * (layer.batchNormalize ? 4 : 1) + kernelFloats(layer);
}

export function kernelFloats({ filters, size, groups, input }: ConvolutionalLayer): number {
  return filters * (input.channels / groups) * size * size;
}

export class WeightsFile {
  readonly #handle: FileHandle;
  /** Offset in bytes of every convolutional layer. */
  readonly #offsets: ReadonlyMap<number, number>;
  readonly #network: Network;

  private constructor(handle: FileHandle, offsets: ReadonlyMap<number, number>, network: Network) {
    this.#handle = handle;
    this.#offsets = offsets;
    this.#network = network;
  }

  /** Rejects with a TilebedError (INPUT) when the file does not hold exactly the network's floats. */
  static async open(path: string, network: Network): Promise<WeightsFile> {
    const handle = await open(path).catch((cause) => {
      throw new TilebedError('INPUT', `cannot read the weights ${path}`, { cause });
    });
    try {
      const headerBytes = await readHeader(handle, path);
      const offsets = new Map<number, number>();
      let floats = 0;
      for (const layer of network.layers) {
        if (layer.kind !== 'convolutional') continue;
        offsets.set(layer.index, headerBytes + floats * FLOAT_BYTES);
        floats += layerFloats(layer);
      }
      const found = ((await handle.stat()).size - headerBytes) / FLOAT_BYTES;
      if (found !== floats) {
        throw new TilebedError(
          'INPUT',
          `${path} holds ${found} floats, but ${network.name} wants ${floats}`,
          {
            hint:
              found < floats
                ? 'the file is cut short or belongs to another cfg'
                : 'the file belongs to another cfg',
          },
        );
      }
      return new WeightsFile(handle, offsets, network);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async read(index: number): Promise<ConvolutionWeights> {
    const layer = this.#network.layers[index];
    const offset = this.#offsets.get(index);
    if (layer?.kind !== 'convolutional' || offset === undefined) {
      throw new Error(`layer ${index} has no weights`);
    }
    const floats = new Float32Array(layerFloats(layer));
    const bytes = new Uint8Array(floats.buffer);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        done,
        bytes.length - done,
        offset + done,
      );
      if (bytesRead === 0)
        throw new TilebedError('INPUT', 'the weights file shrank while it was read');
      done += bytesRead;
    }
    return foldBatchNormalization(layer, floats);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/**
 * Turns scale · (x − mean) / (sqrt(variance) + ε) + bias into one multiplication and one addition.
 * `floats` is changed in place and becomes part of the result.
 */
export function foldBatchNormalization(
  layer: ConvolutionalLayer,
  floats: Float32Array,
): ConvolutionWeights {
  const { filters } = layer;
  const bias = floats.slice(0, filters);
  if (!layer.batchNormalize) return { bias, kernel: floats.subarray(filters) };
  const scales = floats.subarray(filters, 2 * filters);
  const means = floats.subarray(2 * filters, 3 * filters);
  const variances = floats.subarray(3 * filters, 4 * filters);
  const kernel = floats.subarray(4 * filters);
  const perFilter = kernel.length / filters;
  for (let filter = 0; filter < filters; filter++) {
    const factor = scales[filter]! / (Math.sqrt(variances[filter]!) + NORMALIZE_EPSILON);
    bias[filter] = bias[filter]! - means[filter]! * factor;
    for (let index = filter * perFilter; index < (filter + 1) * perFilter; index++) {
      kernel[index] = kernel[index]! * factor;
    }
  }
  return { bias, kernel };
}

/** Major, minor and revision, then the count of images seen: 4 bytes before version 0.2, 8 since. */
async function readHeader(handle: FileHandle, path: string): Promise<number> {
  const header = Buffer.alloc(12);
  const { bytesRead } = await handle.read(header, 0, 12, 0);
  if (bytesRead < 12) {
    throw new TilebedError(
      'INPUT',
      `${path} is no Darknet weights file: it has ${bytesRead} bytes`,
    );
  }
  const [major, minor] = [header.readInt32LE(0), header.readInt32LE(4)];
  if (major < 0 || minor < 0 || major >= 1000 || minor >= 1000) {
    throw new TilebedError(
      'INPUT',
      `${path} is no Darknet weights file: version ${major}.${minor}`,
    );
  }
  return major * 10 + minor >= 2 ? 20 : 16;
}
