/**
 * When a dealt frame should be complete, edge by edge and transfer by transfer: an edge computes a part as
 * soon as what it reads is there, and what it has computed travels while it computes the next. Where
 * `cost.ts` takes stages as bulk-synchronous, so that costs add up, this follows what really waits for
 * what; it is for comparing a few plans, not for searching among all.
 *
 *   an edge computes one part at a time: of the earliest stage, the first that is ready (as PartStore does)
 *   one medium: all that is under way shares it equally, as streams of TCP do
 *   links: a transfer has its part of its sender's or its taker's, whichever has more to do
 *   what an edge lacks of a part's output comes as one message
 */
import type { PlanCost } from './cost.ts';
import { type CostModel, frameBytes, mapBytes, partMs, sizeOf } from './cost-model.ts';
import { MESSAGE_MS } from './exchange-meter.ts';
import { intersection, type Region } from './region.ts';
import type { DealtPlan } from './stages.ts';

interface Task {
  readonly edge: number;
  readonly ms: number;
  /** Tasks of the same edge that read its output. */
  readonly readers: Task[];
  readonly transfers: Transfer[];
  /** Transfers and tasks that it still waits for. */
  waitsFor: number;
}

interface Transfer {
  readonly from: number;
  readonly to: number;
  readonly readers: readonly Task[];
  readonly delayMs: number;
  /** Of the medium or the links, if it has them for itself. */
  leftMs: number;
}

interface Timed<What> {
  readonly atMs: number;
  readonly what: What;
}

/** By part, what it waits for of the parts before it: given once a pair of stages. */
interface Link {
  readonly giver: number;
  readonly taker: number;
  readonly bytes: number;
  /** Parts of the stage behind. */
  readonly readers: number[];
}

/** Timelines of plans under the same conditions. Plans that share stages share what is known of these. */
export class Timelines {
  readonly #model: CostModel;
  /** By the holders of a stage, milliseconds of its parts. */
  readonly #partMs = new Map<readonly number[], readonly number[]>();
  /** By the holders of a stage and of the one behind it. */
  readonly #links = new Map<readonly number[], Map<readonly number[], readonly Link[]>>();

  constructor(model: CostModel) {
    this.#model = model;
  }

  /** @returns milliseconds from the moment the source has the frame until the gateway has the last output */
  latencyMs(plan: DealtPlan): number {
    if (plan.route !== 'direct') throw new Error('a timeline is of edges that send to each other');
    const tasks = plan.stages.map((_, stage) => this.#tasks(plan, stage));
    for (const stage of tasks.keys()) this.#join(plan, stage, tasks);
    return new Timeline(this.#model, tasks.flat(), this.#frame(plan, tasks[0]!)).run();
  }

  /** A plan's cost, its latency by the timeline where that is shorter. */
  cost(plan: DealtPlan, cost: PlanCost): PlanCost {
    if (plan.route !== 'direct') return cost;
    return { ...cost, latencyMs: Math.min(cost.latencyMs, this.latencyMs(plan)) };
  }

  #tasks({ stages, holders }: DealtPlan, stage: number): Task[] {
    const { network, layerMs } = this.#model;
    const edges = holders[stage]!;
    let known = this.#partMs.get(edges);
    if (known === undefined) {
      const { parts } = stages[stage]!;
      known = parts.map((part, index) => partMs(network, part, layerMs[edges[index]!]!));
      this.#partMs.set(edges, known);
    }
    return known.map((ms, part) => {
      return { edge: edges[part]!, ms, readers: [], transfers: [], waitsFor: 0 };
    });
  }

  /** Parts of the frame for all but its source. */
  #frame({ stages }: DealtPlan, tasks: readonly Task[]): Transfer[] {
    return tasks.flatMap((task, part) => {
      if (task.edge === 0) return [];
      task.waitsFor = 1;
      const bytes = frameBytes(this.#model, sizeOf(stages[0]!.parts[part]!.input));
      return [transfer(this.#model, 0, task.edge, bytes, [task])];
    });
  }

  /** Tells a stage's tasks who reads what they make; of the last one, that is the gateway. */
  #join(plan: DealtPlan, stage: number, tasks: readonly (readonly Task[])[]): void {
    const [own, after] = [tasks[stage]!, tasks[stage + 1]];
    if (after === undefined) {
      const { parts, to } = plan.stages[stage]!;
      const shape = this.#model.network.layers[to - 1]!.output;
      for (const [part, { output }] of parts.entries()) {
        const bytes = mapBytes(shape, output);
        const { edge, transfers } = own[part]!;
        transfers.push(transfer(this.#model, edge, this.#model.edges, bytes, []));
      }
      return;
    }
    for (const { giver, taker, bytes, readers } of this.#linksBehind(plan, stage)) {
      const task = own[giver]!;
      const reading = readers.map((reader) => after[reader]!);
      for (const reader of reading) reader.waitsFor++;
      if (taker === task.edge) task.readers.push(...reading);
      else task.transfers.push(transfer(this.#model, task.edge, taker, bytes, reading));
    }
  }

  #linksBehind({ stages, holders }: DealtPlan, stage: number): readonly Link[] {
    const [givers, takers] = [holders[stage]!, holders[stage + 1]!];
    const known = this.#links.get(givers)?.get(takers);
    if (known !== undefined) return known;
    const shape = this.#model.network.layers[stages[stage]!.to - 1]!.output;
    const found = stages[stage]!.parts.flatMap(({ output }, giver) => {
      const wanted = new Map<number, { region: Region; readers: number[] }>();
      for (const [reader, { input }] of stages[stage + 1]!.parts.entries()) {
        const region = intersection(input, output);
        if (region === undefined) continue;
        const before = wanted.get(takers[reader]!);
        wanted.set(takers[reader]!, {
          region: before === undefined ? region : around(before.region, region),
          readers: [...(before?.readers ?? []), reader],
        });
      }
      return [...wanted].map(([taker, { region, readers }]): Link => {
        return { giver, taker, bytes: mapBytes(shape, region), readers };
      });
    });
    const behind = this.#links.get(givers) ?? new Map();
    this.#links.set(givers, behind.set(takers, found));
    return found;
  }
}

function transfer(
  { bitsPerMs, pairs, delayMs }: CostModel,
  from: number,
  to: number,
  bytes: number,
  readers: readonly Task[],
): Transfer {
  const pair = pairs.get(from * bitsPerMs.length + to);
  const slowest = Math.min(
    bitsPerMs[from]!,
    bitsPerMs[to]!,
    pair?.bitsPerMs ?? Number.POSITIVE_INFINITY,
  );
  const leftMs = (8 * bytes) / slowest + MESSAGE_MS;
  return { from, to, readers, delayMs: delayMs + (pair?.delayMs ?? 0), leftMs };
}

/** What several parts of one edge read of another's, as one rectangle. */
function around(a: Region, b: Region): Region {
  return {
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
    x2: Math.max(a.x2, b.x2),
    y2: Math.max(a.y2, b.y2),
  };
}

class Timeline {
  readonly #shared: boolean;
  /** By edge, what it has not begun, in the order in which it prefers to. */
  readonly #agenda: Task[][];
  /** By edge, what it computes. */
  readonly #computing: (Timed<Task> | undefined)[];
  readonly #travelling: Transfer[] = [];
  readonly #arriving: Timed<Transfer>[] = [];
  /** By node, transfers under way. */
  readonly #sends: number[];
  readonly #takes: number[];
  #nowMs = 0;
  #gatheredMs = 0;

  constructor(model: CostModel, tasks: readonly Task[], frame: Transfer[]) {
    this.#shared = model.shared;
    const edges = [...model.layerMs.keys()];
    this.#agenda = edges.map((edge) => tasks.filter((task) => task.edge === edge));
    this.#computing = edges.map(() => undefined);
    this.#sends = Array.from({ length: edges.length + 1 }, () => 0);
    this.#takes = [...this.#sends];
    this.#send(frame);
    for (const edge of edges) this.#beginNext(edge);
  }

  run(): number {
    for (let next = this.#nextMs(); next < Number.POSITIVE_INFINITY; next = this.#nextMs()) {
      this.#advance(next);
    }
    if (this.#agenda.some((tasks) => tasks.length > 0)) throw new Error('a part waits for ever');
    return this.#gatheredMs;
  }

  #nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const task of this.#computing) if (task !== undefined) next = Math.min(next, task.atMs);
    for (const { atMs } of this.#arriving) next = Math.min(next, atMs);
    for (const one of this.#travelling) {
      next = Math.min(next, this.#nowMs + one.leftMs * this.#crowd(one));
    }
    return next;
  }

  /** Among how many transfers it has to share. */
  #crowd({ from, to }: Transfer): number {
    if (this.#shared) return this.#travelling.length;
    return Math.max(this.#sends[from]!, this.#takes[to]!);
  }

  #advance(toMs: number): void {
    const passedMs = toMs - this.#nowMs;
    for (const one of this.#travelling) one.leftMs -= passedMs / this.#crowd(one);
    this.#nowMs = toMs;
    this.#endTransfers();
    this.#arrive();
    for (let edge = 0; edge < this.#computing.length; edge++) {
      const computing = this.#computing[edge];
      if (computing === undefined || computing.atMs > toMs) continue;
      this.#computing[edge] = undefined;
      for (const reader of computing.what.readers) reader.waitsFor--;
      this.#send(computing.what.transfers);
      this.#beginNext(edge);
    }
  }

  #endTransfers(): void {
    for (let at = this.#travelling.length - 1; at >= 0; at--) {
      const what = this.#travelling[at]!;
      // Sums of floats: what has less left than this is there.
      if (what.leftMs >= 1e-9) continue;
      removeAt(this.#travelling, at);
      this.#sends[what.from]!--;
      this.#takes[what.to]!--;
      this.#arriving.push({ atMs: this.#nowMs + what.delayMs, what });
    }
  }

  #arrive(): void {
    for (let at = this.#arriving.length - 1; at >= 0; at--) {
      const { atMs, what } = this.#arriving[at]!;
      if (atMs > this.#nowMs) continue;
      removeAt(this.#arriving, at);
      for (const reader of what.readers) reader.waitsFor--;
      if (what.to < this.#agenda.length) this.#beginNext(what.to);
      else this.#gatheredMs = this.#nowMs;
    }
  }

  #send(transfers: readonly Transfer[]): void {
    for (const one of transfers) {
      this.#sends[one.from]!++;
      this.#takes[one.to]!++;
      this.#travelling.push(one);
    }
  }

  #beginNext(edge: number): void {
    if (this.#computing[edge] !== undefined) return;
    const agenda = this.#agenda[edge]!;
    const at = agenda.findIndex(({ waitsFor }) => waitsFor === 0);
    if (at < 0) return;
    const [what] = agenda.splice(at, 1);
    this.#computing[edge] = { atMs: this.#nowMs + what!.ms, what: what! };
  }
}

/** What stands last takes its place. */
function removeAt<Member>(members: Member[], at: number): void {
  const last = members.pop()!;
  if (at < members.length) members[at] = last;
}
