/** One small network with every kind of layer that an engine computes. */
import { elements, type Network } from '../../model/network.ts';
import { networkOf, section } from '../cfg.ts';
import { randomFloats } from '../random.ts';

/** Darknet's backbone in small, then every kind of layer that may stand behind the fused ones. */
export const MIXED = networkOf(
  { width: 24, height: 16, channels: 3 },
  section('convolutional', { filters: 8, size: 3, pad: 1, activation: 'leaky' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 12, size: 3, pad: 1, activation: 'mish' }),
  section('convolutional', { filters: 12, size: 1, activation: 'linear' }),
  section('shortcut', { from: -2, activation: 'leaky' }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 20, size: 3, pad: 1, groups: 4, activation: 'relu' }),
  section('route', { layers: '4' }),
  section('reorg', { stride: 2 }),
  section('route', { layers: '-1, 6' }),
  section('convolutional', { filters: 10, size: 1, activation: 'logistic' }),
  section('upsample', { stride: 2 }),
  section('route', { layers: '-1,-8' }),
  section('convolutional', { filters: 14, size: 3, stride: 2, pad: 1, activation: 'leaky' }),
  section('avgpool'),
  section('softmax', { groups: 2 }),
);

export function inputOf(network: Network, seed = 3): Float32Array {
  return randomFloats(elements(network.input), seed);
}
