/** What simulated nodes' signals are on the wire: the messages' heads by their table, payloads by geometry. */
import type { Network } from '../model/network.ts';
import { HEADER_BYTES } from '../net/frame.ts';
import { MESSAGES, type MessageKind } from '../net/messages.ts';
import { haloBytes } from '../partition/analysis.ts';
import { frameElementBytes } from '../partition/cost-model.ts';
import { stagePieces } from '../partition/pieces.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { areaOf, type Region } from '../partition/region.ts';
import type { DealtPlan } from '../partition/stages.ts';
import { encodeDeal } from '../roles/dealt/deal-message.ts';
import { frameRegion } from '../roles/job.ts';
import type { Deal } from '../schedule/dealer.ts';
import type { Transfer } from '../schedule/transfer.ts';
import type { DealtSignal } from './dealt-gateway.ts';
import type { WireSize } from './network.ts';
import type { StealingSignal } from './stealing-gateway.ts';

/** A name of a node, and an address: what stands in for a text. */
const TEXT_BYTES = 8;
const FIELD_BYTES = {
  u8: 1,
  u16: 2,
  u32: 4,
  f64: 8,
  text: TEXT_BYTES,
  prose: 40,
  numbers: 2,
  texts: 1,
};
const HALO_NUMBERS_BYTES = 2 * 6;
const PART_NUMBERS_BYTES = 2 * 5;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** An empty list of detections. */
const NO_DETECTIONS_BYTES = 2;

const HEADS = Object.fromEntries(
  Object.entries(MESSAGES).map(([kind, { fields }]) => [
    kind,
    Object.values(fields).reduce((sum, type) => sum + FIELD_BYTES[type], HEADER_BYTES),
  ]),
) as Readonly<Record<MessageKind, number>>;

export interface Sizes {
  readonly network: Network;
  readonly plan: FusedPlan;
  readonly transfer: Transfer;
  /** The frames' size; default: the network's input. */
  readonly picture?: { readonly width: number; readonly height: number };
}

export function stealingSizes({
  network,
  plan,
  transfer,
  picture,
}: Sizes): (signal: StealingSignal) => WireSize {
  const elementBytes = frameElementBytes(network.input, transfer.frames, picture);
  const { channels } = network.layers[plan.fusedLayers - 1]!.output;
  const size = (kind: MessageKind, payload = 0) => ({ kind, bytes: HEADS[kind] + payload });
  return (signal) => {
    switch (signal.kind) {
      case 'task': {
        const { id, planned } = signal;
        const region = frameRegion({ plan }, id.tile, planned.plan);
        const lists =
          HALO_NUMBERS_BYTES * planned.plan.halos.length + TEXT_BYTES * planned.holders.size;
        return size('task', lists + (region === undefined ? 0 : elementBytes * areaOf(region)));
      }
      case 'result':
        return size('result', FLOAT_BYTES * channels * areaOf(plan.tiles[signal.tile]!.output));
      case 'fetchHalos':
        return size('fetchHalos', PART_NUMBERS_BYTES * signal.parts.length);
      case 'leaveHalos': {
        const numbers = PART_NUMBERS_BYTES * signal.parts.length;
        return size('leaveHalos', numbers + haloBytes(network, signal.parts));
      }
      case 'halos':
        return size('halos', haloBytes(network, signal.parts));
      case 'detections':
        return size('detections', NO_DETECTIONS_BYTES);
      default:
        return size(signal.kind);
    }
  };
}

export function dealtSizes({
  network,
  transfer,
  picture,
}: Omit<Sizes, 'plan'>): (signal: DealtSignal) => WireSize {
  const elementBytes = frameElementBytes(network.input, transfer.frames, picture);
  const dealBytes = new WeakMap<DealtPlan, number>();
  const mapBytes = (channels: number, region: Region) => FLOAT_BYTES * channels * areaOf(region);
  const size = (kind: MessageKind, payload = 0) => ({ kind, bytes: HEADS[kind] + payload });
  const dealSize = ({ plan, edges }: Deal) => {
    let bytes = dealBytes.get(plan);
    if (bytes === undefined) {
      const endpoints = edges.map((name) => ({ name, address: '10.10.10.10', port: 40_000 }));
      bytes = encodeDeal({ plan, edges: endpoints }).length;
      dealBytes.set(plan, bytes);
    }
    return bytes;
  };
  return (signal) => {
    switch (signal.kind) {
      case 'deal':
        return size('deal', dealSize(signal.deal));
      case 'picture':
        return size('picture', elementBytes * network.input.height * network.input.width);
      case 'piece': {
        const { plan, stage, piece } = signal;
        const { region } = stagePieces(plan, stage)[piece]!;
        if (stage === 0) return size('piece', elementBytes * areaOf(region));
        const { channels } = network.layers[plan.stages[stage]!.from]!.input;
        return size('piece', mapBytes(channels, region));
      }
      case 'output': {
        const { to, parts } = signal.plan.stages.at(-1)!;
        const { channels } = network.layers[to - 1]!.output;
        return size('output', mapBytes(channels, parts[signal.part]!.output));
      }
      case 'detections':
        return size('detections', NO_DETECTIONS_BYTES);
      case 'cancel':
        return size('cancelDeal');
      default:
        return size(signal.kind);
    }
  };
}
