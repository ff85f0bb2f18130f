/**
 * onnxruntime's blocked convolution (NCHWc, on x64): channels lie in blocks as wide as the processor's
 * registers, innermost in memory. onnxruntime itself would make it of an ordinary convolution, but needs
 * several copies of the kernel for that, so tilebed writes the blocked operators (the domain
 * `com.microsoft.nchwc`) and orders the kernel as nchwc_transformer.cc and reorder.cpp (MLAS) do.
 */
import type { ConvolutionalLayer } from '../../model/network.ts';

/** A kernel in one of the precisions. */
export type KernelValues = Float32Array | Uint16Array | Int8Array;

/** Channels of a block: 8, or 16 with AVX-512. A layer qualifies for both, or is never blocked. */
const SMALLEST = 8;
const LARGEST = 16;

/** Whether the layer is computed in blocks where the processor has them. */
export function isBlocked({ filters, groups, input }: ConvolutionalLayer): boolean {
  const channels = input.channels / groups;
  if (groups === 1) return channels < SMALLEST || channels % 4 === 0;
  if (channels === 1 && filters === groups) return filters % LARGEST === 0;
  return channels % LARGEST === 0 && (filters / groups) % LARGEST === 0;
}

/** Few channels are read as they lie in an ordinary map; so is each single one of a depthwise layer. */
function readsPlainChannels({ groups, input }: ConvolutionalLayer, block: number): boolean {
  const channels = input.channels / groups;
  return groups === 1 ? channels < block : channels === 1;
}

/** Whether the layer's input must be in blocks too. */
export function takesBlocks(layer: ConvolutionalLayer, block: number): boolean {
  return layer.groups > 1 || !readsPlainChannels(layer, block);
}

/** A kernel's shape in blocks: filters and channels are filled up to whole blocks with zeros. */
export function blockedKernelShape(
  layer: ConvolutionalLayer,
  block: number,
): readonly [number, number, number, number] {
  const channels = layer.input.channels / layer.groups;
  const held = readsPlainChannels(layer, block) ? channels : wholeBlocks(channels, block);
  return [wholeBlocks(layer.filters, block), held, layer.size, layer.size];
}

export function wholeBlocks(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

/**
 * Writes a kernel, [filters][channels][size][size], in blocks of filters and, within them, of channels:
 * [filters / block][channels / block][size][size][channel of the block][filter of the block].
 *
 * @param target all zeros, as many as `blockedKernelShape` says
 */
export function orderKernel(
  layer: ConvolutionalLayer,
  block: number,
  kernel: KernelValues,
  target: KernelValues,
): void {
  const [, held, size] = blockedKernelShape(layer, block);
  const channels = layer.input.channels / layer.groups;
  const window = size * size;
  const channelBlock = readsPlainChannels(layer, block) ? 1 : block;
  for (let filter = 0; filter < layer.filters; filter++) {
    const inBlock = filter % block;
    const filterStart = (filter - inBlock) * held * window + inBlock;
    for (let channel = 0; channel < channels; channel++) {
      const inChannelBlock = channel % channelBlock;
      const start = filterStart + ((channel - inChannelBlock) * window + inChannelBlock) * block;
      const from = (filter * channels + channel) * window;
      for (let element = 0; element < window; element++) {
        target[start + element * channelBlock * block] = kernel[from + element]!;
      }
    }
  }
}
