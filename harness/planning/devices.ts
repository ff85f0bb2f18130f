/** Roughly how fast devices compute convolutions, for plans that are made before anything is measured. */
import type { Network } from '../../runtime/model/network.ts';
import { layerMultiplyAccumulates } from '../../runtime/model/operations.ts';
import { DEVICES, type DeviceProfile, PLAIN_GIGA_MACS } from '../spec/devices.ts';

/** A core of a server or a laptop (decision 0002). */
const GIGA_MACS_OF_A_CORE = 40;
/** A comparison of pooling counts as so many multiply-accumulates: it loads as much, and does less with it. */
const POOLING_WORK = 2;

/**
 * @param device a name, or what it takes
 * @returns multiply-accumulates a second, in billions, on all of its CPUs together
 */
export function guessedSpeed(
  device: string | Pick<DeviceProfile, 'plainSeconds'> | undefined,
  cpus: number,
): number {
  const profile = typeof device === 'string' ? DEVICES[device] : device;
  const perCore =
    profile === undefined ? GIGA_MACS_OF_A_CORE : PLAIN_GIGA_MACS / profile.plainSeconds;
  return perCore * cpus;
}

/** What a layer has to do for its whole map, in multiply-accumulates or what takes as long. */
export function layerOperations(network: Network, index: number): number {
  const layer = network.layers[index]!;
  if (layer.kind !== 'maxpool') return layerMultiplyAccumulates(layer);
  const { channels, height, width } = layer.output;
  return POOLING_WORK * channels * height * width * layer.size * layer.size;
}
