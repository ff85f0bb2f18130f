/**
 * The gateway that deals frames out: it knows the edges' speeds, plans, tells everybody who computes
 * what, passes on what goes through it, and pastes outputs into frames. Which frame is dealt when, and
 * what counts, is the dealer's to say (runtime/schedule/dealer.ts).
 */
import { monotonicMs } from '../../clock.ts';
import { TilebedError } from '../../errors.ts';
import type { Network } from '../../model/network.ts';
import type { Frame, FrameLimits } from '../../net/frame.ts';
import type { Message, MessageOf } from '../../net/messages.ts';
import { dealtStrategy } from '../../partition/dealt.ts';
import { stagePieces } from '../../partition/pieces.ts';
import type { FrameId } from '../../schedule/collector.ts';
import { type Deal, Dealer } from '../../schedule/dealer.ts';
import { checkTaken, FrameAssembly } from '../frame-assembly.ts';
import type { GatewayDealing, GatewayPort } from '../gateway-node.ts';
import { timed } from '../role.ts';
import { AdaptivePlanning } from './adaptive-planning.ts';
import { encodeDeal } from './deal-message.ts';
import {
  checkFramePiece,
  checkMapPiece,
  cutFramePiece,
  largestPayload,
  readFramePiece,
} from './piece-payload.ts';
import { type Planning, SteadyPlanning } from './planning.ts';
import { bitsPerSecond, readProfile, type ToldProfile } from './profile-message.ts';

export class DealtGateway implements GatewayDealing {
  readonly limits: FrameLimits;
  readonly #port: GatewayPort;
  readonly #network: Network;
  readonly #planning: Planning;
  readonly #dealer: Dealer;
  readonly #assembly: FrameAssembly;
  /** Of edges whose probe has come and whose profile has not: the link's rate, as far as the probe tells. */
  readonly #probed = new Map<string, number>();
  /** Edges whose profile has come. */
  readonly #known = new Set<string>();
  /** Parts that are computed again because an edge was lost, by frame. */
  readonly #reissued = new Map<string, { readonly node: string; readonly tiles: number }[]>();

  constructor(port: GatewayPort, network: Network) {
    const { work, edges, medium } = port.config;
    const { fusedLayers, grid, strategy, transfer } = work;
    const { planner, framesUnderWay } = dealtStrategy(strategy);
    const settings = { network, fusedLayers, grid, align: strategy.align };
    this.#port = port;
    this.#network = network;
    this.#planning =
      strategy.name === 'adaptive'
        ? new AdaptivePlanning({ ...settings, medium, frames: transfer.frames }, port.emit)
        : new SteadyPlanning(planner, settings);
    this.#assembly = new FrameAssembly(network.layers[work.fusedLayers - 1]!.output);
    this.#dealer = new Dealer({
      frames: new Map(edges.map(({ name, frames }) => [name, frames])),
      limit: framesUnderWay,
      plan: (names, queue) => this.#planning.plan(names, queue),
    });
    this.limits = {
      allows: () => true,
      payloadBytes: largestPayload(network, work.fusedLayers),
      checks: (message, payloadBytes) => this.#checks(message, payloadBytes),
    };
  }

  /** Sources begin by themselves. */
  start(): void {}

  join(edge: string): void {
    this.#dealer.join(edge);
  }

  lose(edge: string): readonly FrameId[] {
    for (const other of this.#port.edges) {
      void this.#port.send(other, { kind: 'edgeLost', name: edge });
    }
    this.#planning.forget(edge);
    this.#known.delete(edge);
    this.#probed.delete(edge);
    const { cancelled, lost } = this.#dealer.lose(edge);
    for (const id of lost) {
      this.#assembly.drop(id);
      this.#reissued.delete(frameKey(id));
    }
    this.#cancel(cancelled, `${edge} is lost`, edge);
    return lost;
  }

  finished(id: FrameId): void {
    this.#dealer.finish(id);
    if (this.#dealer.done) this.#planning.end?.();
  }

  get done(): boolean {
    return this.#dealer.done;
  }

  onEdge(edge: string, { message, payload, transfer }: Frame): void {
    switch (message.kind) {
      case 'probe':
        if (transfer !== undefined) this.#probed.set(edge, bitsPerSecond(transfer));
        void this.#port.send(edge, { kind: 'probe' }, payload);
        break;
      case 'profile':
        this.#onProfile(edge, readProfile(payload, this.#port.config.work.fusedLayers));
        break;
      case 'partsDone':
        this.#planning.partsDone?.(edge, message);
        break;
      case 'frameTaken':
        checkTaken(edge, message, this.#dealer.inFlight(edge), this.#port.config);
        if (this.#dealer.announce({ source: edge, frame: message.frame })) {
          this.#assembly.begin(edge, message);
          this.#dealAll();
        }
        break;
      case 'picture':
        this.#onPicture(edge, message, payload);
        break;
      case 'piece':
        this.#onPiece(edge, message, payload);
        break;
      case 'output':
        if (transfer !== undefined) this.#planning.transferred?.(edge, transfer);
        this.#onOutput(edge, message, payload);
        break;
      case 'peerGone': {
        const { name, newest } = message;
        this.#cancel(
          this.#dealer.broken(edge, name, newest),
          `${edge} and ${name} cannot reach each other`,
        );
        break;
      }
      default:
    }
  }

  /** The probe was timed on its way here, and by the edge on its way back: the slower of the two counts. */
  #onProfile(edge: string, told: ToldProfile): void {
    const rates = [this.#probed.get(edge), told.rateBitsPerSecond].filter(
      (rate) => rate !== undefined,
    );
    const rate = rates.length === 0 ? {} : { rateBitsPerSecond: Math.min(...rates) };
    this.#planning.know({ name: edge, ...told, ...rate });
    this.#known.add(edge);
    const { edges } = this.#port.config;
    const [source, ...others] = edges.filter(({ frames }) => frames > 0);
    if (source === undefined || others.length > 0 || this.#known.size < edges.length) return;
    // The first frame is planned before it is taken, where it is plain whose it will be.
    const queue = { frames: 1, sources: [source.name] };
    this.#planning.lookAhead?.(this.#dealer.edgesFor(source.name), queue);
  }

  #dealAll(): void {
    let dealt = false;
    for (let deal = this.#dealer.next(); deal !== undefined; deal = this.#dealer.next()) {
      this.#planning.dealt?.(deal);
      this.#tell(deal);
      dealt = true;
    }
    // Behind what is on its way out: now nobody waits for this node.
    if (dealt) setImmediate(() => this.#planning.lookAhead?.());
  }

  #tell({ id, source, frame, edges, plan }: Deal): void {
    const { width, height } = this.#assembly.taken({ source, frame })!;
    const message = { kind: 'deal', deal: id, source, frame, width, height } as const;
    const endpoints = edges.map((name) => ({ name, ...this.#port.endpointOf(name)! }));
    const payload = encodeDeal({ plan, edges: endpoints });
    for (const name of edges) void this.#port.send(name, message, payload);
  }

  /** @param lost the edge because of which they are void, where it is one */
  #cancel(deals: readonly Deal[], reason: string, lost?: string): void {
    for (const { id, source, frame, edges, plan } of deals) {
      for (const name of edges) void this.#port.send(name, { kind: 'cancelDeal', deal: id });
      // A source that is lost has taken its frames with it.
      if (source === lost) continue;
      this.#port.log(`${reason}: frame ${frame} of ${source} is dealt anew`);
      const tiles = plan.stages.reduce((sum, { parts }) => sum + parts.length, 0);
      this.#port.statistics.tilesReissued += tiles;
      if (lost === undefined) continue;
      const key = frameKey({ source, frame });
      this.#reissued.set(key, [...(this.#reissued.get(key) ?? []), { node: lost, tiles }]);
      this.#port.emit({ event: 'tiles-reissued', node: lost, tiles, atMs: monotonicMs() });
    }
    this.#dealAll();
  }

  #tellRecomputed(id: FrameId): void {
    const key = frameKey(id);
    for (const { node, tiles } of this.#reissued.get(key) ?? []) {
      this.#port.emit({ event: 'tiles-recomputed', node, tiles, atMs: monotonicMs() });
    }
    this.#reissued.delete(key);
  }

  #checks(message: Message, payloadBytes: number): void {
    if (message.kind === 'picture') {
      checkFramePiece(this.#network, this.#wholeFrame(), payloadBytes);
      return;
    }
    if (message.kind !== 'piece' && message.kind !== 'output') return;
    const deal = this.#dealer.live(message.deal);
    // What belongs to a deal that is over has only the largest map as its limit, and is dropped.
    if (deal === undefined) return;
    if (message.kind === 'output') {
      const part = deal.plan.stages.at(-1)!.parts[message.part];
      if (part !== undefined) this.#assembly.check(part, payloadBytes);
      return;
    }
    const { region } = this.#pieceOf(deal, message);
    const before = this.#network.layers[deal.plan.stages[message.stage]!.from]!.input;
    checkMapPiece(before, region, message.encoding, payloadBytes);
  }

  /** A frame that is to be cut here: every part of the first stage gets its input. */
  #onPicture(edge: string, message: MessageOf<'picture'>, payload: Uint8Array): void {
    const deal = this.#dealer.live(message.deal);
    if (deal === undefined) return;
    const { id, source, frame, plan } = deal;
    if (edge !== source || plan.route !== 'gateway') {
      throw new TilebedError('PROTOCOL', `${edge} sent a picture that nobody asked it for`);
    }
    const { encoding } = message;
    const size = this.#assembly.taken({ source, frame })!;
    const whole = readFramePiece({ encoding, payload }, size, this.#network, this.#wholeFrame());
    for (const { index, region, receivers } of stagePieces(plan, 0)) {
      const cut = timed(() => cutFramePiece(whole, this.#network, region));
      const { startMs, endMs } = cut;
      const tile = index;
      this.#port.statistics.span({ kind: 'cut', startMs, endMs, source, frame, tile });
      const piece = { kind: 'piece', deal: id, stage: 0, piece: index } as const;
      const cutAs = cut.result;
      this.#pass(deal, receivers, { ...piece, encoding: cutAs.encoding }, cutAs.payload);
    }
  }

  #onPiece(edge: string, message: MessageOf<'piece'>, payload: Uint8Array): void {
    const deal = this.#dealer.live(message.deal);
    if (deal === undefined) return;
    const { part, receivers } = this.#pieceOf(deal, message);
    const holder = part === undefined ? undefined : deal.plan.holders[message.stage - 1]![part];
    if (holder === undefined || deal.edges[holder] !== edge) {
      throw new TilebedError('PROTOCOL', `${edge} sent a piece that is not its own`);
    }
    this.#pass(deal, receivers, message, payload);
  }

  #pieceOf({ plan }: Deal, { stage, piece }: MessageOf<'piece'>) {
    const found = stage < plan.stages.length ? stagePieces(plan, stage)[piece] : undefined;
    if (found === undefined || stage === 0 || plan.route !== 'gateway') {
      throw new TilebedError(
        'PROTOCOL',
        `piece ${piece} of stage ${stage} has no way through here`,
      );
    }
    return found;
  }

  #pass(
    { edges, source, frame }: Deal,
    receivers: readonly number[],
    message: MessageOf<'piece'>,
    payload: Uint8Array,
  ): void {
    for (const receiver of receivers) {
      void this.#sendPiece(edges[receiver]!, message, payload, { source, frame });
    }
  }

  async #sendPiece(
    peer: string,
    message: MessageOf<'piece'>,
    payload: Uint8Array,
    of: FrameId,
  ): Promise<void> {
    const { stage, piece: tile } = message;
    const startMs = monotonicMs();
    await this.#port.send(peer, message, payload);
    const endMs = monotonicMs();
    this.#port.statistics.span({ kind: 'transfer', startMs, endMs, stage, tile, peer, ...of });
  }

  #onOutput(edge: string, { deal: id, part }: MessageOf<'output'>, payload: Uint8Array): void {
    const deal = this.#dealer.live(id);
    const arrival = this.#dealer.arrive(edge, id, part);
    if (arrival === 'unknown') {
      throw new TilebedError('PROTOCOL', `${edge} sent an output that was not dealt to it`);
    }
    if (deal === undefined || arrival === 'stale' || arrival === 'duplicate') return;
    const { source, frame, plan } = deal;
    const of = { source, frame };
    const planned = plan.stages.at(-1)!.parts[part]!;
    const { startMs, endMs } = timed(() => this.#assembly.add(of, planned, payload));
    this.#port.statistics.span({ kind: 'merge', startMs, endMs, ...of, tile: part, peer: edge });
    if (arrival !== 'last') return;
    this.#planning.merged?.(deal);
    this.#tellRecomputed(of);
    const { map, taken } = this.#assembly.take(of);
    this.#port.finish(of, map, taken);
    this.#dealAll();
  }

  #wholeFrame() {
    const { width, height } = this.#network.input;
    return { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
  }
}

function frameKey({ source, frame }: FrameId): string {
  return `${source}/${frame}`;
}
