/** What a dealt frame sends over the network, before anything runs. */
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

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * @param frameElementBytes bytes an element of the frame: a float32, as the papers count and as frames travel
 *   that are to be floats; of pixels, 1 where the picture is as large as the network's input
 */
export function dealtTraffic(
  network: Network,
  plan: DealtPlan,
  frameElementBytes: number = FLOAT_BYTES,
): DealtTraffic {
  const viaGateway = plan.route === 'gateway';
  const { width, height } = network.input;
  const frame = { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
  const sourceToGateway = viaGateway ? bytes(network.input, frame, frameElementBytes) : 0;
  let [gatewayToEdges, edgesToGateway, edgeToEdge] = [0, 0, 0];
  for (const [index, { from }] of plan.stages.entries()) {
    for (const { region, receivers } of stagePieces(plan, index)) {
      const each = index === 0 ? frameElementBytes : FLOAT_BYTES;
      const size = bytes(network.layers[from]!.input, region, each);
      if (viaGateway) {
        gatewayToEdges += size * receivers.length;
        if (index > 0) edgesToGateway += size;
      } else edgeToEdge += size * receivers.length;
    }
  }
  const last = plan.stages.at(-1)!;
  for (const { output } of last.parts) {
    edgesToGateway += bytes(network.layers[last.to - 1]!.output, output, FLOAT_BYTES);
  }
  return { sourceToGateway, gatewayToEdges, edgesToGateway, edgeToEdge };
}

function bytes({ channels }: Shape, region: Region, each: number): number {
  return each * channels * regionHeight(region) * regionWidth(region);
}
