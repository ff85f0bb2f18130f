/**
 * What a dealt plan should cost, before it runs: milliseconds of a frame, from the moment its source has
 * it to the moment the gateway holds the last fused map, and milliseconds between frames that follow
 * each other closely.
 *
 * Stages are taken as bulk-synchronous (Valiant, 1990), as AOFL takes its fused blocks (Zhou et al., SEC
 * 2019): what travels before a stage, then what is computed in it, each as slow as its slowest node:
 *
 *   latency = sum over stages (exchange + slowest edge) + gather
 *   edge in a stage = per part: partRunMs + sum over layers (layer over the whole map x the part's share of its area)
 *   exchange, links of their own = delay + slowest node (larger of what it sends and what it takes)
 *   exchange, one shared medium = delay + sum over all that is sent (air time at the slower end's rate)
 *   a pair with a link of its own = its delay, and bytes x 8 / rate in each direction, where it is slower than both nodes
 *   what a node sends = bytes x 8 / rate + messages x MESSAGE_MS
 *   interval = the busiest edge (what it computes, and MESSAGE_MS a message) or link, over the whole frame:
 *              bytes under way overlap with what is computed for another frame
 *   interval of a source alone, where k have frames = the slowest of them / k
 *
 * Halos are in the parts' areas, so what is computed twice is paid twice.
 */
import type { Network, Shape } from '../model/network.ts';
import { layerMultiplyAccumulates } from '../model/operations.ts';
import type { FrameTransfer } from '../schedule/transfer.ts';
import { stagePieces } from './pieces.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';
import type { DealtPlan, EdgeProfile, Part } from './stages.ts';

/** What is known of the nodes and of what joins them. */
export interface Conditions {
  readonly network: Network;
  readonly fusedLayers: number;
  /** At least one. The frame's source stands at position 0. */
  readonly edges: readonly EdgeProfile[];
  /** `links`: every node has its own, both ways at once. `shared`: one transmission at a time, as on a radio channel. Default: links. */
  readonly medium?: 'links' | 'shared';
  /** What lies between two nodes, in addition to the links of both. Default: nothing. */
  readonly pairs?: readonly PairProfile[];
  /** Default: as fast as the fastest edge's. */
  readonly gatewayBitsPerSecond?: number;
  /** Of the frames' pictures; default: the network's input. */
  readonly picture?: { readonly width: number; readonly height: number };
  /** How they travel. Default: pixels. */
  readonly frames?: FrameTransfer;
  /** Positions of the edges that have frames in flight. Default: the frame's source alone. */
  readonly sources?: readonly number[];
}

export interface PairProfile {
  /** Positions of edges; behind the last stands the gateway. */
  readonly between: readonly [number, number];
  /** Of each direction. */
  readonly rateBitsPerSecond?: number;
  readonly delayMs?: number;
}

export interface StageCost {
  readonly exchangeMs: number;
  /** By edge. */
  readonly computeMs: readonly number[];
}

export interface PlanCost {
  readonly latencyMs: number;
  readonly intervalMs: number;
  readonly stages: readonly StageCost[];
  readonly gatherMs: number;
}

/** A run of a part: the way to the compute thread and back, and what an engine does once a run. */
const PART_MS = 0.5;
/**
 * The same on a slow device, over all fused layers there: weights come from memory again, too. Six paced
 * devices took 4 to 10 ms more for a part than its layers take a lone process, of 3,100 ms (decision 0010).
 */
const PART_SHARE = 0.0025;
/** A message: its way through the event loops and the encryption of two nodes. */
const MESSAGE_MS = 0.2;
/** Of a link that nobody has measured. */
const UNKNOWN_RATE_BITS_PER_SECOND = 1e9;
/** Of an edge that nobody has measured, where no other is known either: it matters in relation to links only. */
const UNKNOWN_MACS_PER_MS = 5e6;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const PIXEL_BYTES = 3;

/** The conditions as numbers by position: edges first, the gateway behind the last. */
export interface CostModel {
  readonly network: Network;
  readonly fusedLayers: number;
  readonly edges: number;
  /** By edge and fused layer, over the whole map. */
  readonly layerMs: readonly Float64Array[];
  /** By edge, what a part takes beside its layers. */
  readonly runMs: readonly number[];
  readonly bitsPerMs: Float64Array;
  readonly delayMs: number;
  /** By sender x nodes + taker. */
  readonly pairs: ReadonlyMap<number, { readonly bitsPerMs: number; readonly delayMs: number }>;
  readonly shared: boolean;
  /** Of an element (three channels) of the network's input, when a part of the frame travels. */
  readonly frameElementBytes: number;
  readonly sources: readonly number[];
}

export function costModel(conditions: Conditions): CostModel {
  const { network, fusedLayers, edges, picture, frames, sources = [0] } = conditions;
  if (edges.length === 0) throw new Error('somebody must compute');
  const rates = edges.map((edge) => edge.rateBitsPerSecond ?? UNKNOWN_RATE_BITS_PER_SECOND);
  const gateway = conditions.gatewayBitsPerSecond ?? Math.max(...rates);
  const layerMs = measuredLayers(conditions);
  return {
    network,
    fusedLayers,
    edges: edges.length,
    layerMs,
    runMs: layerMs.map(partRunMs),
    bitsPerMs: Float64Array.from([...rates, gateway], (rate) => rate / 1000),
    delayMs: Math.max(...edges.map(({ delayMs }) => delayMs ?? 0)),
    pairs: pairTable(conditions),
    shared: conditions.medium === 'shared',
    frameElementBytes: frameElementBytes(network.input, frames, picture),
    sources,
  };
}

function pairTable({ edges, pairs = [] }: Conditions): CostModel['pairs'] {
  const nodes = edges.length + 1;
  return new Map(
    pairs.flatMap(({ between: [a, b], rateBitsPerSecond, delayMs = 0 }) => {
      const bitsPerMs = (rateBitsPerSecond ?? Number.POSITIVE_INFINITY) / 1000;
      return [a * nodes + b, b * nodes + a].map(
        (at): [number, { bitsPerMs: number; delayMs: number }] => [at, { bitsPerMs, delayMs }],
      );
    }),
  );
}

/** An edge without a measurement counts as the average of the others. */
function measuredLayers({ network, fusedLayers, edges }: Conditions): Float64Array[] {
  const known = edges.filter(({ layerMs }) => layerMs.length >= fusedLayers);
  const average = network.layers.slice(0, fusedLayers).map((layer, index) => {
    if (known.length === 0) return layerMultiplyAccumulates(layer) / UNKNOWN_MACS_PER_MS;
    return known.reduce((sum, { layerMs }) => sum + layerMs[index]!, 0) / known.length;
  });
  return edges.map(({ layerMs }) => {
    const measured = layerMs.length >= fusedLayers ? layerMs.slice(0, fusedLayers) : average;
    return Float64Array.from(measured);
  });
}

/** A picture is scaled to fit into the network's input: each element comes from so many of its pixels. */
export function frameElementBytes(
  input: Shape,
  frames: FrameTransfer = 'pixels',
  picture: Conditions['picture'] = input,
): number {
  const floats = input.channels * FLOAT_BYTES;
  if (frames === 'floats' || input.channels !== PIXEL_BYTES) return floats;
  const { width, height } = picture;
  const scale = Math.max(width / input.width, height / input.height);
  return Math.min(floats, PIXEL_BYTES * scale * scale);
}

/** @returns what the plan costs, in milliseconds */
export function planCost(model: CostModel, plan: DealtPlan): PlanCost {
  const { network, edges } = model;
  const gateway = edges;
  const viaGateway = plan.route === 'gateway';
  const whole = new ExchangeMeter(model);
  const stages = plan.stages.map(({ parts, from }, index): StageCost => {
    // Through the gateway, a piece is sent once and then again to each of its receivers.
    const [toGateway, onwards] = [new Exchange(model), new Exchange(model)];
    if (viaGateway && index === 0) toGateway.add(0, gateway, frameBytes(model, network.input));
    for (const { region, part, receivers } of stagePieces(plan, index)) {
      const bytes =
        part === undefined
          ? frameBytes(model, sizeOf(region))
          : mapBytes(network.layers[from]!.input, region);
      const giver = part === undefined ? 0 : plan.holders[index - 1]![part]!;
      if (viaGateway && part !== undefined) toGateway.add(giver, gateway, bytes);
      for (const receiver of receivers) onwards.add(viaGateway ? gateway : giver, receiver, bytes);
    }
    toGateway.tell(whole);
    onwards.tell(whole);
    const computeMs = Array.from({ length: edges }, () => 0);
    for (const [part, holder] of plan.holders[index]!.entries()) {
      computeMs[holder]! += partMs(network, parts[part]!, model.layerMs[holder]!);
    }
    return { exchangeMs: toGateway.ms + onwards.ms, computeMs };
  });
  const gather = new Exchange(model);
  const last = plan.stages.at(-1)!;
  for (const [index, { output }] of last.parts.entries()) {
    const bytes = mapBytes(network.layers[last.to - 1]!.output, output);
    gather.add(plan.holders.at(-1)![index]!, gateway, bytes);
  }
  gather.tell(whole);
  const computeMs = Array.from({ length: edges }, (_, edge) =>
    stages.reduce((sum, stage) => sum + stage.computeMs[edge]!, 0),
  );
  return {
    latencyMs: stages.reduce(
      (sum, stage) => sum + stage.exchangeMs + Math.max(...stage.computeMs),
      gather.ms,
    ),
    intervalMs: Math.max(busiestMs(model, plan, computeMs, whole), whole.linkMs),
    stages,
    gatherMs: gather.ms,
  };
}

/** Where a source computes alone, all sources do so at the same time, each its own frames. */
function busiestMs(
  { layerMs, runMs, sources }: CostModel,
  { stages, holders }: DealtPlan,
  computeMs: readonly number[],
  whole: ExchangeMeter,
): number {
  if (sources.length < 2 || !holders.flat().every((holder) => holder === 0)) {
    return Math.max(...computeMs.map((ms, edge) => ms + whole.messagesMs(edge)));
  }
  const aloneMs = sources.map((source) => layerMs[source]!.reduce((sum, ms) => sum + ms, 0));
  return Math.max(...aloneMs) / sources.length + runMs[0]! * stages.length;
}

/**
 * Milliseconds of a part on an edge.
 *
 * @param layerMs of every layer, over its whole map, on that edge
 * @param runMs of the run itself
 */
export function partMs(
  network: Network,
  part: Part,
  layerMs: ArrayLike<number>,
  runMs: number = partRunMs(layerMs),
): number {
  let sum = runMs;
  for (const { layer, output } of part.layers) {
    const { height, width } = network.layers[layer]!.output;
    const share = (regionHeight(output) * regionWidth(output)) / (height * width);
    sum += layerMs[layer]! * share;
  }
  return sum;
}

/** Milliseconds that a part takes beside its layers on an edge: slow devices are slow in all that they do. */
export function partRunMs(layerMs: ArrayLike<number>): number {
  let totalMs = 0;
  for (let layer = 0; layer < layerMs.length; layer++) totalMs += layerMs[layer]!;
  return Math.max(PART_MS, PART_SHARE * totalMs);
}

/** What nodes send each other between two computations. One message a pair: it may hold several pieces. */
class Exchange {
  readonly #model: CostModel;
  /** By sender x nodes + taker; most pairs have nothing to say. */
  readonly #bytes = new Map<number, number>();

  constructor(model: CostModel) {
    this.#model = model;
  }

  add(from: number, to: number, bytes: number): void {
    const pair = from * (this.#model.edges + 1) + to;
    this.#bytes.set(pair, (this.#bytes.get(pair) ?? 0) + bytes);
  }

  tell(meter: ExchangeMeter): void {
    const nodes = this.#model.edges + 1;
    for (const [pair, bytes] of [...this.#bytes].sort(([a], [b]) => a - b)) {
      if (bytes > 0) meter.add(Math.floor(pair / nodes), pair % nodes, bytes);
    }
  }

  get ms(): number {
    const meter = new ExchangeMeter(this.#model);
    this.tell(meter);
    return meter.ms;
  }
}

/** Milliseconds of an exchange, from the bytes of each pair of nodes that talk. To be used again after `clear`. */
export class ExchangeMeter {
  readonly #model: CostModel;
  readonly #sendMs: Float64Array;
  readonly #takeMs: Float64Array;
  readonly #messages: Float64Array;
  /** Nodes that send or take anything, each once. */
  readonly #talking: number[] = [];
  /** By pair that has a link of its own. */
  readonly #pairMs = new Map<number, number>();
  #pairDelayMs = 0;
  #airMs = 0;
  /** Of the nodes and pairs. */
  #slowestMs = 0;

  constructor(model: CostModel) {
    this.#model = model;
    this.#sendMs = new Float64Array(model.edges + 1);
    this.#takeMs = new Float64Array(model.edges + 1);
    this.#messages = new Float64Array(model.edges + 1);
  }

  clear(): void {
    for (const node of this.#talking) {
      this.#sendMs[node] = 0;
      this.#takeMs[node] = 0;
      this.#messages[node] = 0;
    }
    this.#talking.length = 0;
    if (this.#pairMs.size > 0) this.#pairMs.clear();
    this.#pairDelayMs = 0;
    this.#airMs = 0;
    this.#slowestMs = 0;
  }

  add(from: number, to: number, bytes: number): void {
    const { bitsPerMs, shared, pairs } = this.#model;
    const bits = bytes * 8;
    const sender = bitsPerMs[from]!;
    const taker = bitsPerMs[to]!;
    if (shared) this.#airMs += bits / Math.min(sender, taker) + MESSAGE_MS;
    else {
      this.#sendMs[from]! += bits / sender + MESSAGE_MS;
      this.#takeMs[to]! += bits / taker + MESSAGE_MS;
      this.#slowestMs = Math.max(this.#slowestMs, this.#sendMs[from]!, this.#takeMs[to]!);
    }
    if (this.#messages[from]!++ === 0) this.#talking.push(from);
    if (this.#messages[to]!++ === 0) this.#talking.push(to);
    if (pairs.size === 0) return;
    const at = from * bitsPerMs.length + to;
    const pair = pairs.get(at);
    if (pair === undefined) return;
    const pairMs = (this.#pairMs.get(at) ?? 0) + bits / pair.bitsPerMs + MESSAGE_MS;
    this.#pairMs.set(at, pairMs);
    this.#slowestMs = Math.max(this.#slowestMs, pairMs);
    this.#pairDelayMs = Math.max(this.#pairDelayMs, pair.delayMs);
  }

  /** What a node does for the messages that it sends and takes. */
  messagesMs(node: number): number {
    return MESSAGE_MS * this.#messages[node]!;
  }

  /** Delay, and the slowest node, pair or the medium. It only grows with what is added. */
  get ms(): number {
    if (this.#talking.length === 0) return 0;
    return this.#model.delayMs + this.#pairDelayMs + this.linkMs;
  }

  get linkMs(): number {
    return Math.max(this.#slowestMs, this.#airMs);
  }
}

/** Milliseconds that a message takes beside its bytes. */
export const messageMs = MESSAGE_MS;

export function frameBytes(
  { frameElementBytes }: CostModel,
  { height, width }: Pick<Shape, 'height' | 'width'>,
): number {
  return frameElementBytes * height * width;
}

export function mapBytes({ channels }: Shape, region: Region): number {
  return FLOAT_BYTES * channels * regionHeight(region) * regionWidth(region);
}

export function sizeOf(region: Region): Pick<Shape, 'height' | 'width'> {
  return { height: regionHeight(region), width: regionWidth(region) };
}
