/**
 * One-dimensional partitions: MoDNN's strips, cut anew at every layer (Mao et al., DATE 2017, as DeepThings
 * describes it in section VI), and strips that follow the last map's through the layers. Layers between
 * which nothing travels are one stage.
 */
import type { Shape } from '../model/network.ts';
import { fusibleLayers, planRegion, type WindowLayer } from './ftp.ts';
import { isSameRegion, type Region } from './region.ts';
import { areAlike, ceilingCuts, proportionalCuts, relativeSpeeds } from './shares.ts';
import { type DealtPlan, type PlannerInput, planStage } from './stages.ts';

type Axis = 'rows' | 'columns';

/**
 * BODP-MR: every layer's output is cut anew into strips along the longer dimension: of ceil(n / d) rows
 * for d devices that are alike, else in proportion to their speeds.
 *
 * @throws TilebedError (INPUT) when a layer cannot be fused
 */
export function planStripsPerLayer(input: PlannerInput): Omit<DealtPlan, 'route'> {
  const layers = fusibleLayers(input.network, input.fusedLayers);
  const axis = longerAxis(layers.at(-1)!.output);
  const speeds = relativeSpeeds(input.edges);
  const alike = areAlike(speeds);
  return assemble(
    layers.map((layer) => {
      const length = lengthOf(layer.output, axis);
      const cuts = alike ? ceilingCuts(length, speeds.length) : proportionalCuts(length, speeds);
      return { layers: [layer], strips: strips(layer.output, axis, cuts) };
    }),
  );
}

/**
 * Strips of the last map, followed back through the layers so that no row is computed twice, and none
 * moves but those that a window needs from the next strip: where a layer's window overlaps its
 * neighbours', and there are any.
 *
 * @throws TilebedError (INPUT) when a layer cannot be fused
 */
export function planAlignedStrips(input: PlannerInput): Omit<DealtPlan, 'route'> {
  const layers = fusibleLayers(input.network, input.fusedLayers);
  const last = layers.at(-1)!.output;
  const axis = longerAxis(last);
  let cuts = proportionalCuts(lengthOf(last, axis), relativeSpeeds(input.edges));
  const stages: StripStage[] = [];
  let members: WindowLayer[] = [];
  let outputs = strips(last, axis, cuts);
  for (const layer of layers.toReversed()) {
    members.unshift(layer);
    cuts = cuts.map((cut) => cutBefore(layer, cut, axis));
    if (layer.index > 0 && layer.size <= layer.stride) continue;
    stages.unshift({ layers: members, strips: outputs });
    members = [];
    outputs = strips(layer.input, axis, cuts);
  }
  return assemble(stages);
}

/** A strip and the edge that it is meant for. */
interface Strip {
  readonly region: Region;
  readonly edge: number;
}

/** Consecutive layers, and how the last one's map is cut. */
interface StripStage {
  readonly layers: readonly WindowLayer[];
  readonly strips: readonly Strip[];
}

function strips({ height, width }: Shape, axis: Axis, cuts: readonly number[]): Strip[] {
  const found: Strip[] = [];
  for (const [edge, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[edge + 1]! - 1;
    if (to < from) continue;
    const region =
      axis === 'rows'
        ? { x1: 0, y1: from, x2: width - 1, y2: to }
        : { x1: from, y1: 0, x2: to, y2: height - 1 };
    found.push({ region, edge });
  }
  return found;
}

function assemble(cut: readonly StripStage[]): Omit<DealtPlan, 'route'> {
  const stages = mergeStill(cut);
  return {
    stages: stages.map(({ layers, strips }) =>
      planStage(
        layers,
        strips.map(({ region }) => region),
      ),
    ),
    holders: stages.map(({ strips }) => strips.map(({ edge }) => edge)),
  };
}

/** Joins stages between which every edge goes on with just what it has made: nothing travels there. */
function mergeStill(stages: readonly StripStage[]): readonly StripStage[] {
  const merged: StripStage[] = [];
  for (const stage of stages) {
    const before = merged.at(-1);
    if (before !== undefined && goesOn(before, stage)) {
      merged[merged.length - 1] = { ...stage, layers: [...before.layers, ...stage.layers] };
    } else merged.push(stage);
  }
  return merged;
}

function goesOn(before: StripStage, { layers, strips }: StripStage): boolean {
  const made = new Map(before.strips.map(({ edge, region }) => [edge, region]));
  return (
    strips.length === made.size &&
    strips.every(({ edge, region }) => {
      const own = made.get(edge);
      return own !== undefined && isSameRegion(own, planRegion(layers, region).input);
    })
  );
}

/**
 * Where a cut in front of output `cut` lies in the layer's input: in the middle of what the windows on
 * both sides share, so that each side lacks as much as the other.
 */
function cutBefore(layer: WindowLayer, cut: number, axis: Axis): number {
  const length = lengthOf(layer.input, axis);
  if (cut === 0) return 0;
  if (cut === lengthOf(layer.output, axis)) return length;
  const padding = layer.kind === 'convolutional' ? layer.padding : layer.paddingBefore;
  const shared = Math.floor(Math.max(0, layer.size - layer.stride) / 2);
  return Math.max(0, Math.min(length, cut * layer.stride - padding + shared));
}

function longerAxis({ height, width }: Shape): Axis {
  return height >= width ? 'rows' : 'columns';
}

function lengthOf({ height, width }: Shape, axis: Axis): number {
  return axis === 'rows' ? height : width;
}
