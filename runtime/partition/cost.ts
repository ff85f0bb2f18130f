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
import { type CostModel, frameBytes, mapBytes, partMs, sizeOf } from './cost-model.ts';
import { ExchangeMeter } from './exchange-meter.ts';
import { stagePieces } from './pieces.ts';
import type { DealtPlan } from './stages.ts';

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
