/**
 * Precisions for an engine that has float32 only: it computes with what the precision leaves of the weights,
 * and holds, and says that it holds, four bytes each.
 */

import { roundKernel } from '../model/precision.ts';
import type { Engine } from './engine.ts';

export function withRoundedWeights(engine: Engine): Engine {
  return {
    name: engine.name,
    version: engine.version,
    open: ({ precision = 'float32', ...spec }) =>
      engine.open({
        ...spec,
        weights: async (layer) => {
          const { kernel, bias } = await spec.weights(layer);
          const rounded = roundKernel({ filters: bias.length }, kernel, precision);
          return { kernel: rounded, bias };
        },
      }),
  };
}
