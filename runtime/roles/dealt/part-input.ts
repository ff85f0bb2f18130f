/** What a part of a dealt frame is computed from, out of the pieces that an edge holds. */
import type { Shape } from '../../model/network.ts';
import { copyPatch, type Patch } from '../../partition/map.ts';
import { contains, intersection, regionHeight, regionWidth } from '../../partition/region.ts';
import type { ReadyPart } from '../../schedule/part-store.ts';
import type { ComputeInput } from '../compute-protocol.ts';

/** Of a frame: ready for the compute thread. Of a map: its floats. */
export type HeldPiece =
  | { readonly kind: 'frame'; readonly input: ComputeInput }
  | { readonly kind: 'map'; readonly data: Float32Array };

/**
 * The input of a part that has ingredients. Where one piece is the whole input, and nobody reads it any
 * more, it is handed on as it is; else the pieces are copied together.
 *
 * @param shape of the whole map before the part's stage
 */
export function partInput(
  { plan: { input: region }, ingredients }: ReadyPart<HeldPiece>,
  shape: Shape,
): ComputeInput {
  const size = { height: regionHeight(region), width: regionWidth(region) };
  const [first] = ingredients;
  if (first?.data.kind === 'frame') return first.data.input;
  if (first?.exclusive && ingredients.length === 1 && contains(region, first.region)) {
    return { kind: 'floats', data: first.data.data, ...size };
  }
  const joined: Patch = {
    region,
    data: new Float32Array(shape.channels * size.height * size.width),
  };
  for (const { region: there, data } of ingredients) {
    const common = intersection(there, region);
    if (data.kind !== 'map' || common === undefined) continue;
    copyPatch({ region: there, data: data.data }, joined, common);
  }
  return { kind: 'floats', data: joined.data, ...size };
}
