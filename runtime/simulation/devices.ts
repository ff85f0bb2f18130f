/** What a simulated node takes for tiles and parts: by its layers' times and the areas that are computed. */
import type { Network } from '../model/network.ts';
import { tileMultiplyAccumulates } from '../partition/analysis.ts';
import { partMs } from '../partition/cost-model.ts';
import { areaOf } from '../partition/region.ts';
import type { ReusePlan } from '../partition/reuse.ts';
import type { Part } from '../partition/stages.ts';
import type { Span } from '../roles/events.ts';
import type { TileTask } from '../schedule/own-tiles.ts';
import type { PartTask } from './dealt-edge.ts';
import type { SimulatedNode } from './node.ts';
import type { Device } from './world.ts';

export interface Notes {
  computed(node: SimulatedNode, source: string, multiplyAccumulates: number): void;
  span(node: SimulatedNode, span: Span): void;
}

export function tileDevice(network: Network, node: SimulatedNode, notes: Notes): Device<TileTask> {
  return {
    read: (done) => node.later(node.times.readMs, done),
    cut: ({ source, id, planned }) => {
      if (planned.plan.from === 0) cut(node, notes, { source, ...id });
    },
    compute: ({ source, id, planned }, done) => {
      const parts = computedParts(network, node, planned.plan);
      const ms = node.times.runMs + layersMs(network, node, parts);
      node.compute(ms, (startMs, endMs) => {
        notes.computed(node, source, tileMultiplyAccumulates(network, parts));
        notes.span(node, { kind: 'compute', startMs, endMs, source, ...id });
        done(startMs, endMs);
      });
    },
  };
}

export function partDevice(network: Network, node: SimulatedNode, notes: Notes): Device<PartTask> {
  const known = new WeakMap<Part, { readonly ms: number; readonly operations: number }>();
  const costOf = (part: Part) => {
    let cost = known.get(part);
    if (cost === undefined) {
      const { runMs, layerMs } = node.times;
      const ms = runMs + partMs(network, part, layerMs, 0);
      cost = { ms, operations: tileMultiplyAccumulates(network, part.layers) };
      known.set(part, cost);
    }
    return cost;
  };
  return {
    read: (done) => node.later(node.times.readMs, done),
    cut: () => {},
    compute: ({ deal: { source, frame }, ready: { id, plan } }, done) => {
      const { ms, operations } = costOf(plan);
      node.compute(ms, (startMs, endMs) => {
        notes.computed(node, source, operations);
        const { stage, part: tile } = id;
        notes.span(node, { kind: 'compute', startMs, endMs, source, frame, stage, tile });
        done(startMs, endMs);
      });
    },
  };
}

function cut(node: SimulatedNode, notes: Notes, of: Pick<Span, 'source' | 'frame' | 'tile'>): void {
  const { cutMs } = node.times;
  const endMs = node.work(cutMs);
  notes.span(node, { kind: 'cut', startMs: endMs - cutMs, endMs, ...of });
}

/** What a tile makes of each layer; of layers that are computed in one piece, all. */
function computedParts(network: Network, { times }: SimulatedNode, { steps, output }: ReusePlan) {
  if (steps.length > 0) {
    return steps.map(({ layer }, position) => ({
      layer,
      output: steps[position + 1]?.held ?? output,
    }));
  }
  return times.layerMs.map((_, layer) => {
    const { width, height } = network.layers[layer]!.output;
    return { layer, output: { x1: 0, y1: 0, x2: width - 1, y2: height - 1 } };
  });
}

function layersMs(
  network: Network,
  { times }: SimulatedNode,
  parts: ReturnType<typeof computedParts>,
): number {
  return parts.reduce((sum, { layer, output }) => {
    const { width, height } = network.layers[layer]!.output;
    return sum + (times.layerMs[layer]! * areaOf(output)) / (width * height);
  }, 0);
}
