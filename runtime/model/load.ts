/** Opens a model's files: the network, and a source of its weights, layer by layer. */
import { readFile } from 'node:fs/promises';
import { TilebedError } from '../errors.ts';
import { parseCfg } from './cfg.ts';
import type { ConvolutionWeights, Network } from './network.ts';
import { syntheticWeights } from './synthetic.ts';
import { WeightsFile } from './weights.ts';

export type WeightsChoice =
  | { readonly kind: 'synthetic'; readonly seed: number }
  | { readonly kind: 'file'; readonly path: string };

export interface WeightsSource {
  read(layer: number): Promise<ConvolutionWeights>;
  close(): Promise<void>;
}

export async function loadNetwork(cfg: string): Promise<Network> {
  const text = await readFile(cfg, 'utf8').catch((cause) => {
    throw new TilebedError('INPUT', `cannot read the network ${cfg}`, { cause });
  });
  return parseCfg(text, { file: cfg });
}

export async function openWeights(choice: WeightsChoice, network: Network): Promise<WeightsSource> {
  if (choice.kind === 'file') return WeightsFile.open(choice.path, network);
  return {
    async read(index) {
      const layer = network.layers[index];
      if (layer?.kind !== 'convolutional') throw new Error(`layer ${index} has no weights`);
      return syntheticWeights(layer, choice.seed);
    },
    async close() {},
  };
}
