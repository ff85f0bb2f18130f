/** Makes a run of a tile's plan and the halos that its neighbours gave. */
import type { Network } from '../model/network.ts';
import { copyPatch, type Patch } from '../partition/map.ts';
import { areaOf, contains, type Region } from '../partition/region.ts';
import type { Halo, ReusePlan, ReuseStep } from '../partition/reuse.ts';
import { type KeptRegion, paddingValue, type Strip, type Surround } from './engine.ts';

/** A halo with its values. */
export interface FilledHalo {
  readonly halo: Halo;
  /** Where the values lie: a patch that contains the halo's region. */
  readonly patch: Patch;
}

/**
 * What stands around the map before each layer of the run: padding as mere numbers, neighbours' values
 * copied once, from where they lie into their place.
 */
export function surroundsOf(
  network: Network,
  { from, steps }: ReusePlan,
  halos: readonly FilledHalo[],
): Surround[] {
  return steps.map((step) => {
    const { layer, held, read, border } = step;
    if (layer === from || contains(held, read)) return border;
    const given = halos.filter(({ halo }) => halo.layer === layer);
    const outer = framed(step);
    const strip = (size: number, padding: number, region: Region): Strip => {
      if (size === padding) return size;
      const { channels } = network.layers[layer]!.input;
      const data = new Float32Array(channels * areaOf(region));
      if (!contains(read, region)) data.fill(paddingValue(network.layers[layer]!));
      paste(given, { region, data });
      return { size, data };
    };
    const { left, right, top, bottom } = border;
    const [before, after] = [held.x1 - outer.x1, outer.x2 - held.x2];
    const [above, below] = [held.y1 - outer.y1, outer.y2 - held.y2];
    return {
      left: strip(before, left, { ...held, x1: outer.x1, x2: held.x1 - 1 }),
      right: strip(after, right, { ...held, x1: held.x2 + 1, x2: outer.x2 }),
      top: strip(above, top, { ...outer, y2: held.y1 - 1 }),
      bottom: strip(below, bottom, { ...outer, y1: held.y2 + 1 }),
    };
  });
}

/** The map that a run begins with where nothing in front of it is computed: halos alone. */
export function haloInput(
  network: Network,
  { from, steps }: ReusePlan,
  halos: readonly FilledHalo[],
): Float32Array {
  const region = steps[0]!.held;
  const data = new Float32Array(network.layers[from]!.input.channels * areaOf(region));
  paste(
    halos.filter(({ halo }) => halo.layer === from),
    { region, data },
  );
  return data;
}

/** What a run must keep so that it can be published. */
export function keptRegions({ steps }: ReusePlan, published: readonly Halo[]): KeptRegion[] {
  return published.map(({ layer, region: { x1, y1, x2, y2 } }) => {
    const { held } = steps.find((step) => step.layer === layer)!;
    const region = { x1: x1 - held.x1, y1: y1 - held.y1, x2: x2 - held.x1, y2: y2 - held.y1 };
    return { layer: layer - 1, region };
  });
}

function framed({ read, border }: ReuseStep): Region {
  return {
    x1: read.x1 - border.left,
    y1: read.y1 - border.top,
    x2: read.x2 + border.right,
    y2: read.y2 + border.bottom,
  };
}

/** Every halo lies in one strip as a whole: they were cut along the strips. */
function paste(halos: readonly FilledHalo[], target: Patch): void {
  for (const { halo, patch } of halos) {
    if (contains(target.region, halo.region)) copyPatch(patch, target, halo.region);
  }
}
