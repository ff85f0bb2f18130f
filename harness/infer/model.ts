/** Finds what `tilebed infer` is told to compute: a cfg and its weights, by path or by name. */
import { TilebedError } from '../../runtime/errors.ts';
import { loadNetwork, type WeightsChoice } from '../../runtime/model/load.ts';
import type { Network } from '../../runtime/model/network.ts';
import { findCfg, findWeights } from '../spec/load-experiment.ts';

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
      hint: `a file, \`synthetic:7\`, or a model fetched with \`tilebed model pull ${weights}\``,
    });
  }
  const path = (await findCfg(cfg, process.cwd())) ?? cfg;
  return { network: await loadNetwork(path), weights: choice };
}
