/** The gateway's glue around the dealer (roles/dealt/gateway.ts), on simulated time and connections. */
import { stagePieces } from '../partition/pieces.ts';
import type { DealtPlan } from '../partition/stages.ts';
import type { Planning } from '../roles/dealt/planning.ts';
import type { FrameId } from '../schedule/collector.ts';
import { type Deal, Dealer, type Losses } from '../schedule/dealer.ts';
import type { End } from './connection.ts';
import type { GatewayWorld } from './world.ts';

/** What a piece is made of: enough to see that it is the right one. */
export interface Piecework extends FrameId {
  readonly stage: number;
}

export type DealtSignal =
  | { readonly kind: 'start' }
  | { readonly kind: 'frameTaken'; readonly frame: number; readonly arrivedAtMs: number }
  | { readonly kind: 'deal'; readonly deal: Deal }
  | { readonly kind: 'cancel'; readonly deal: number }
  | { readonly kind: 'picture'; readonly deal: number; readonly plan: DealtPlan }
  | { readonly kind: 'partsDone'; readonly deal: number; readonly computeMs: number }
  | {
      readonly kind: 'piece';
      readonly deal: number;
      readonly stage: number;
      readonly piece: number;
      readonly work: Piecework;
      readonly plan: DealtPlan;
    }
  | {
      readonly kind: 'output';
      readonly deal: number;
      readonly part: number;
      readonly plan: DealtPlan;
    }
  | { readonly kind: 'edgeLost'; readonly name: string }
  | { readonly kind: 'peerGone'; readonly name: string; readonly newest: number }
  | { readonly kind: 'detections'; readonly frame: number };

export interface DealingOptions {
  readonly frames: ReadonlyMap<string, number>;
  readonly limit: number;
  readonly planning: Planning;
}

export class DealtGateway {
  readonly #world: GatewayWorld;
  readonly #planning: Planning;
  readonly #frames: ReadonlyMap<string, number>;
  readonly #dealer: Dealer;
  readonly #limit: number;
  readonly #edges = new Map<string, End<DealtSignal>>();
  #started = false;
  #live = 0;
  /** Of frames under way, by `source/frame`. */
  readonly #arrivedAtMs = new Map<string, number>();
  readonly lostFrames: FrameId[] = [];
  readonly lostEdges = new Set<string>();
  readonly usedEdges = new Set<string>();
  deals = 0;
  cancelled = 0;
  stale = 0;

  constructor(world: GatewayWorld, { frames, limit, planning }: DealingOptions) {
    this.#world = world;
    this.#planning = planning;
    this.#frames = frames;
    this.#limit = limit;
    const plan: Planning['plan'] = (edges, queue) => planning.plan(edges, queue);
    this.#dealer = new Dealer({ frames, limit, plan });
  }

  get done(): boolean {
    return this.#dealer.done;
  }

  onPeer(name: string, session: End<DealtSignal>): void {
    if (this.#edges.has(name)) throw new Error(`${name} is connected already`);
    this.#edges.set(name, session);
    this.#dealer.join(name);
    session.handle({
      onMessage: (signal) => this.#onEdge(name, signal),
      onClose: () => this.#lose(name, session),
    });
    if (this.#started) session.send({ kind: 'start' });
  }

  start(): void {
    this.#started = true;
    for (const [name, count] of this.#frames) {
      if (count > 0 && !this.#edges.has(name)) this.#account(this.#dealer.lose(name));
    }
    for (const session of this.#edges.values()) session.send({ kind: 'start' });
  }

  giveUp(name: string): void {
    this.#edges.get(name)?.destroy();
  }

  #onEdge(edge: string, signal: DealtSignal): void {
    switch (signal.kind) {
      case 'frameTaken':
        if (this.#dealer.announce({ source: edge, frame: signal.frame })) {
          this.#arrivedAtMs.set(`${edge}/${signal.frame}`, signal.arrivedAtMs);
        }
        break;
      case 'partsDone':
        this.#planning.partsDone?.(edge, { ...signal, delayMs: this.#world.delayMs(edge) });
        break;
      case 'picture': {
        const deal = this.#dealer.live(signal.deal);
        if (deal === undefined) break;
        const work = { source: deal.source, frame: deal.frame, stage: 0 };
        for (const piece of stagePieces(deal.plan, 0)) {
          const { id, plan } = deal;
          this.#relay(deal, { kind: 'piece', deal: id, stage: 0, piece: piece.index, work, plan });
        }
        break;
      }
      case 'piece': {
        const deal = this.#dealer.live(signal.deal);
        if (deal !== undefined) this.#relay(deal, signal);
        break;
      }
      case 'output':
        this.#onOutput(edge, signal);
        break;
      case 'peerGone': {
        const cancelled = this.#dealer.broken(edge, signal.name, signal.newest);
        this.#account({ cancelled, lost: [] });
        break;
      }
      default:
        throw new Error(`${edge} sent ${signal.kind} to the gateway`);
    }
    this.#dealAll();
  }

  #relay(deal: Deal, signal: DealtSignal & { kind: 'piece' }): void {
    const piece = stagePieces(deal.plan, signal.stage)[signal.piece]!;
    for (const receiver of piece.receivers) this.#edges.get(deal.edges[receiver]!)?.send(signal);
  }

  #dealAll(): void {
    for (let deal = this.#dealer.next(); deal !== undefined; deal = this.#dealer.next()) {
      this.#planning.dealt?.(deal);
      this.deals++;
      this.#live++;
      if (this.#live > this.#limit) throw new Error('more frames under way than allowed');
      for (const name of deal.edges) {
        this.usedEdges.add(name);
        this.#edges.get(name)!.send({ kind: 'deal', deal });
      }
    }
  }

  #onOutput(edge: string, signal: DealtSignal & { kind: 'output' }): void {
    const { deal: id, part } = signal;
    const deal = this.#dealer.live(id);
    const transfer = this.#world.transferOf(edge, signal);
    if (transfer !== undefined) this.#planning.transferred?.(edge, transfer);
    const arrival = this.#dealer.arrive(edge, id, part);
    if (arrival === 'unknown' || arrival === 'duplicate')
      throw new Error(`${arrival} part ${part} from ${edge}`);
    if (arrival === 'stale') this.stale++;
    if (deal === undefined || arrival === 'stale') return;
    const { source, frame } = deal;
    this.#world.merged(edge, { source, frame }, part);
    if (arrival !== 'last') return;
    this.#live--;
    this.#planning.merged?.(deal);
    const key = `${source}/${frame}`;
    const arrivedAtMs = this.#arrivedAtMs.get(key)!;
    this.#arrivedAtMs.delete(key);
    this.#world.finish({ source, frame }, () => {
      this.#edges.get(source)?.send({ kind: 'detections', frame });
      this.#dealer.finish({ source, frame });
      this.#world.finished({ source, frame }, arrivedAtMs);
    });
  }

  #lose(name: string, session: End<DealtSignal>): void {
    if (this.#edges.get(name) !== session) return;
    this.#edges.delete(name);
    this.lostEdges.add(name);
    for (const other of this.#edges.values()) other.send({ kind: 'edgeLost', name });
    this.#planning.forget(name);
    this.#account(this.#dealer.lose(name));
    this.#dealAll();
  }

  #account({ cancelled, lost }: Losses): void {
    this.#live -= cancelled.length;
    this.cancelled += cancelled.length;
    this.lostFrames.push(...lost);
    for (const { id, edges } of cancelled) {
      for (const edge of edges) this.#edges.get(edge)?.send({ kind: 'cancel', deal: id });
    }
  }
}
