/** Finds what `tilebed infer` is told to compute: a cfg and its weights, by path or by name. */
import { access } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { loadNetwork, type WeightsChoice } from '../../runtime/model/load.ts';
import type { Network } from '../../runtime/model/network.ts';
import { BUILT_IN_MODELS, findWeights } from '../spec/load-experiment.ts';

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
  return { network: await loadNetwork(await findCfg(cfg)), weights: choice };
}

async function findCfg(cfg: string): Promise<string> {
  const own = resolve(cfg);
  const builtIn = join(BUILT_IN_MODELS, cfg);
  if (basename(cfg) !== cfg || (await exists(own)) || !(await exists(builtIn))) return own;
  return builtIn;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
