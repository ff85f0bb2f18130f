/**
 * What a dealt frame sends over the network, counted as the papers count: every element of a map or of
 * the frame is a float32. (On the wire the frame travels as pixels where those are fewer bytes.)
 */
import type { Network, Shape } from '../model/network.ts';
import { stagePieces } from './pieces.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';
import type { DealtPlan } from './stages.ts';

/** Bytes a frame. */
export interface DealtTraffic {
  readonly sourceToGateway: number;
  readonly gatewayToEdges: number;
  readonly edgesToGateway: number;
  readonly edgeToEdge: number;
}

export function dealtTraffic(network: Network, plan: DealtPlan): DealtTraffic {
  const viaGateway = plan.route === 'gateway';
  const { width, height } = network.input;
  const frame = { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
  const sourceToGateway = viaGateway ? floatBytes(network.input, frame) : 0;
  let [gatewayToEdges, edgesToGateway, edgeToEdge] = [0, 0, 0];
  for (const [index, { from }] of plan.stages.entries()) {
    for (const { region, receivers } of stagePieces(plan, index)) {
      const bytes = floatBytes(network.layers[from]!.input, region);
      if (viaGateway) {
        gatewayToEdges += bytes * receivers.length;
        if (index > 0) edgesToGateway += bytes;
      } else edgeToEdge += bytes * receivers.length;
    }
  }
  const last = plan.stages.at(-1)!;
  for (const { output } of last.parts) {
    edgesToGateway += floatBytes(network.layers[last.to - 1]!.output, output);
  }
  return { sourceToGateway, gatewayToEdges, edgesToGateway, edgeToEdge };
}

/** A region of a map as float32. */
function floatBytes({ channels }: Shape, region: Region): number {
  return Float32Array.BYTES_PER_ELEMENT * channels * regionHeight(region) * regionWidth(region);
}
