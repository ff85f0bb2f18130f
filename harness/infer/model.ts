/** Finds what `tilebed infer` is told to compute: a cfg and its weights, by path or by name. */
import { TilebedError } from '../../runtime/errors.ts';
import { loadNetwork, type WeightsChoice } from '../../runtime/model/load.ts';
import type { Network } from '../../runtime/model/network.ts';
import { builtInHint, findCfg, findWeights, weightsHint } from '../spec/find-model.ts';

export interface ChosenModel {
  readonly network: Network;
  readonly weights: WeightsChoice;
}

/**
 * @param cfg a file, or the name of a built-in network
 * @param weights `synthetic:SEED`, a file, or the name of a model that was pulled
 * @throws TilebedError (INPUT) when either is not there, or the cfg is not one tilebed computes
 */
export async function chooseModel(cfg: string, weights: string): Promise<ChosenModel> {
  const choice = await findWeights(weights, process.cwd());
  if (choice === undefined) {
    throw new TilebedError('INPUT', `there are no weights ${weights}`, {
      hint: weightsHint([weights]),
    });
  }
  return { network: await chooseNetwork(cfg), weights: choice };
}

/**
 * @param cfg a file, or the name of a built-in network
 * @throws TilebedError (INPUT) when it is not there, or not one that tilebed computes
 */
export async function chooseNetwork(cfg: string): Promise<Network> {
  const path = await findCfg(cfg, process.cwd());
  if (path !== undefined) return loadNetwork(path);
  throw new TilebedError('INPUT', `there is no network ${cfg}`, {
    hint: `a cfg of Darknet; ${await builtInHint()}`,
  });
}
