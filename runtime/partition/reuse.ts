/**
 * Reuse of halos (Zhao et al., TCAD 2018, section IV-C), with whatever neighbours there are: a tile is
 * followed back through the layers, and in front of every layer whose window overlaps its neighbours'
 * what finished tiles have left there is taken from what the tile would compute.
 *
 * Behind such a boundary b the tile needs the region R(b) of the map. Of it, it computes C(b): the
 * smallest rectangle around what no neighbour has. The rest of R(b), up to four strips around C(b), is
 * pieced together from neighbours' halos. Where neighbours have all of R(b), C(b) is empty, and the run
 * begins at b: so no region is ever negative, however fine the grid and however deep the fusion.
 */
import { inputRegion, overlapsNeighbours, type WindowLayer } from './ftp.ts';
import type { Sides } from './neighbours.ts';
import { type Border, boundingBox, intersection, type Region, without } from './region.ts';

/** Values of a map that some tile has computed. */
export interface Halo {
  /** The layer in front of which the map lies. */
  readonly layer: number;
  readonly tile: number;
  /** In the map's coordinates. */
  readonly region: Region;
}

export interface ReuseStep {
  readonly layer: number;
  /** What the run has of the map before the layer: computed, or what it begins with. */
  readonly held: Region;
  /** What the layer reads: `held` and the halos around it. */
  readonly read: Region;
  /** How far the layer's window reaches outside the map, around `read`. */
  readonly border: Border;
}

export interface ReusePlan {
  /** The part of the last fused layer's output map that the tile contributes. */
  readonly output: Region;
  /** The first layer to compute. */
  readonly from: number;
  /** One entry a layer, from `from` on; none where the layers are computed in one piece. The first one's `held` is the frame's part, or halos alone. */
  readonly steps: readonly ReuseStep[];
  /** What neighbours give, no element twice. Those in front of layer `from`, where it is not 0, are all of its `held`. */
  readonly halos: readonly Halo[];
}

/**
 * @param layers the fused ones, from the network's first
 * @param output region of the last one's map
 * @param available what neighbours have; where two have the same, the first is taken
 */
export function planReuse(
  layers: readonly WindowLayer[],
  output: Region,
  available: readonly Halo[],
): ReusePlan {
  const steps: ReuseStep[] = [];
  const halos: Halo[] = [];
  let wanted = output;
  for (const layer of layers.toReversed()) {
    const { input: read, border } = inputRegion(layer, wanted);
    const given = takesHalos(layer) ? available.filter((one) => one.layer === layer.index) : [];
    const missing = given.length === 0 ? read : missingOf(read, given);
    if (missing === undefined) {
      halos.push(...cover([read], given));
      steps.push({ layer: layer.index, held: read, read, border });
      break;
    }
    halos.push(...cover(without(read, missing), given));
    steps.push({ layer: layer.index, held: missing, read, border });
    wanted = missing;
  }
  steps.reverse();
  return { output, from: steps[0]?.layer ?? 0, steps, halos };
}

/** The frame is no tile's work, and windows that lie side by side share nothing. */
function takesHalos(layer: WindowLayer): boolean {
  return layer.index > 0 && overlapsNeighbours(layer);
}

/**
 * What a tile leaves for neighbours that are still to come: along each side that has one, and in front
 * of every boundary, the strip of what it computes there that a tile reads which begins right reach.
 */
export function publishedHalos(
  layers: readonly WindowLayer[],
  tile: number,
  plan: ReusePlan,
  sides: Sides,
): Halo[] {
  const published: Halo[] = [];
  for (const [position, { layer: index, held }] of plan.steps.entries()) {
    const layer = layers[index]!;
    // What a run begins with is not its own.
    if (position === 0 || !takesHalos(layer)) continue;
    const made = plan.steps[position + 1]?.held ?? plan.output;
    for (const region of edgeStrips(layer, held, made, sides)) {
      published.push({ layer: index, tile, region });
    }
  }
  return published;
}

/** Strips of `held`, which the layer turns into `made`, that the windows right behind `made` reach into. */
function edgeStrips(layer: WindowLayer, held: Region, made: Region, sides: Sides): Region[] {
  const { width, height } = layer.output;
  // No region, but four lines: where those begin who follow, and where those end who go before.
  const following = { x1: made.x2 + 1, y1: made.y2 + 1, x2: made.x1 - 1, y2: made.y1 - 1 };
  const reach = inputRegion(layer, following).input;
  const strips: Region[] = [];
  if (sides.top && made.y1 > 0) strips.push({ ...held, y2: Math.min(reach.y2, held.y2) });
  if (sides.bottom && made.y2 < height - 1) {
    strips.push({ ...held, y1: Math.max(reach.y1, held.y1) });
  }
  if (sides.left && made.x1 > 0) strips.push({ ...held, x2: Math.min(reach.x2, held.x2) });
  if (sides.right && made.x2 < width - 1) {
    strips.push({ ...held, x1: Math.max(reach.x1, held.x1) });
  }
  return strips.filter(({ x1, y1, x2, y2 }) => x1 <= x2 && y1 <= y2);
}

/** The smallest region around what nobody gives; undefined where all is given. */
function missingOf(region: Region, given: readonly Halo[]): Region | undefined {
  let missing: readonly Region[] = [region];
  for (const { region: part } of given) {
    missing = missing.flatMap((rest) => without(rest, part));
  }
  return boundingBox(missing);
}

/** Parts of what is given that make up the regions, without overlap. */
function cover(regions: readonly Region[], given: readonly Halo[]): Halo[] {
  const parts: Halo[] = [];
  let open = regions;
  for (const { layer, tile, region } of given) {
    if (open.length === 0) break;
    const rest: Region[] = [];
    for (const wanted of open) {
      const part = intersection(wanted, region);
      if (part !== undefined) parts.push({ layer, tile, region: part });
      rest.push(...without(wanted, region));
    }
    open = rest;
  }
  return parts;
}
