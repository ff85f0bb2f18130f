/** A tile in hand: an edge's own, or a stolen one, as it is to be computed. */
import { TilebedError } from '../errors.ts';
import type { Letterbox } from '../frames/letterbox.ts';
import { readTileInput, type TileInput } from '../frames/tile-input.ts';
import type { Network } from '../model/network.ts';
import type { MessageOf } from '../net/messages.ts';
import { fusibleLayers, type WindowLayer } from '../partition/ftp.ts';
import { type LeavingRule, leavingRule } from '../partition/leaving.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { type Region, regionHeight, regionWidth } from '../partition/region.ts';
import { planReuse, type ReusePlan } from '../partition/reuse.ts';
import { type PlannedWork, planWork } from '../partition/work-plan.ts';
import type { TileTask } from '../schedule/own-tiles.ts';
import type { ComputeInput } from './compute-protocol.ts';
import type { Work } from './config.ts';
import { decodeHalos, decodeSides } from './stealing/halo-wire.ts';

/** What all edges of a run know of its tiles. */
export interface StealingPlan {
  readonly network: Network;
  readonly plan: FusedPlan;
  /** The fused layers; none where they are computed in one piece. */
  readonly layers: readonly WindowLayer[];
  readonly leaves: LeavingRule;
}

/** @throws TilebedError (INPUT) when a layer cannot be fused */
export function stealingPlan(
  network: Network,
  work: PlannedWork & Pick<Work, 'transfer'>,
): StealingPlan {
  const plan = planWork(network, work);
  const inOnePiece = work.strategy.name === 'local';
  const layers = inOnePiece ? [] : fusibleLayers(network, plan.fusedLayers);
  return { network, plan, layers, leaves: leavingRule(work.transfer.halos, layers, plan) };
}

export interface Job extends TileTask {
  /** Its part of the frame; undefined where it begins with halos alone. */
  readonly input: ComputeInput | undefined;
}

/** The part of the frame that a tile begins with; undefined where it begins with halos alone. */
export function frameRegion(
  { plan }: Pick<StealingPlan, 'plan'>,
  tile: number,
  planned: ReusePlan,
): Region | undefined {
  if (planned.from > 0) return undefined;
  return planned.steps[0]?.held ?? plan.tiles[tile]!.input;
}

/**
 * What the tile computes follows here from the halos that the victim names, as it did there. Throws a
 * TilebedError (PROTOCOL) unless the payload is exactly what the tile then needs of the frame.
 */
export function stolenJob(
  victim: string,
  task: MessageOf<'task'>,
  payload: Uint8Array,
  work: StealingPlan,
): Job {
  const { network, plan, layers } = work;
  const tile = plan.tiles[task.tile];
  if (tile === undefined) {
    throw new TilebedError('PROTOCOL', `${victim} gave tile ${task.tile}, which does not exist`);
  }
  const given = decodeHalos(task.halos, network, plan.fusedLayers);
  const reuse = planReuse(layers, tile.output, given);
  const givers = [...new Set(given.map((halo) => halo.tile))];
  if (task.holders.length !== givers.length) {
    throw new TilebedError('PROTOCOL', `${victim} gave a tile and not who holds its halos`);
  }
  const holders = new Map(givers.map((giver, index) => [giver, task.holders[index]!]));
  const planned = { plan: reuse, sides: decodeSides(task.sides), holders };
  const id = { frame: task.frame, tile: task.tile };
  const region = frameRegion(work, task.tile, reuse);
  if (region === undefined) {
    if (payload.byteLength > 0) throw new TilebedError('PROTOCOL', 'a tile needs no such input');
    return { source: victim, id, planned, input: undefined };
  }
  const { input, letterbox } = readTileInput(task, payload, region, network.input);
  return { source: victim, id, planned, input: computeInput(input, letterbox, region) };
}

export function computeInput(tile: TileInput, letterbox: Letterbox, region: Region): ComputeInput {
  if (tile.encoding === 'pixels') {
    return { kind: 'pixels', picture: tile.picture, crop: tile.crop, letterbox, region };
  }
  const [height, width] = [regionHeight(region), regionWidth(region)];
  return { kind: 'floats', data: tile.data, height, width };
}
