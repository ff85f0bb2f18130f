/** The gateway's glue around the scheduler (roles/stealing/gateway.ts), on simulated time and connections. */
import type { Halo } from '../partition/reuse.ts';
import { Broker, type Offer, type Referral } from '../schedule/broker.ts';
import { Collector, type FrameId } from '../schedule/collector.ts';
import { type HaloAnswer, HaloDepot } from '../schedule/halo-depot.ts';
import type { PlannedTile } from '../schedule/halo-ledger.ts';
import type { TileKey } from '../schedule/halo-store.ts';
import type { TileId } from '../schedule/source-queue.ts';
import type { End } from './connection.ts';
import { standIns } from './stand-ins.ts';
import type { GatewayWorld } from './world.ts';

export type StealingSignal =
  | { readonly kind: 'start' }
  | { readonly kind: 'frameTaken'; readonly frame: number; readonly arrivedAtMs: number }
  | { readonly kind: 'offer' | 'withdraw'; readonly sequence: number }
  | { readonly kind: 'ask'; readonly empty: Offer | undefined }
  | { readonly kind: 'victim'; readonly offer: Offer }
  | ({ readonly kind: 'result'; readonly tile: number } & FrameId)
  | { readonly kind: 'tileDone'; readonly frame: number; readonly tile: number }
  | { readonly kind: 'edgeLost'; readonly name: string }
  | { readonly kind: 'detections'; readonly frame: number }
  | { readonly kind: 'steal' }
  | {
      readonly kind: 'task';
      readonly source: string;
      readonly id: TileId;
      readonly planned: PlannedTile;
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'replan'; readonly id: TileId; readonly gone: number }
  | { readonly kind: 'leaseOver'; readonly id: TileId }
  | {
      readonly kind: 'fetchHalos';
      readonly request: number;
      readonly key: TileKey;
      readonly parts: readonly Halo[];
    }
  | { readonly kind: 'leaveHalos'; readonly key: TileKey; readonly parts: readonly Halo[] }
  | { readonly kind: 'halos'; readonly request: number; readonly parts: readonly Halo[] }
  | { readonly kind: 'halosGone'; readonly request: number }
  | { readonly kind: 'frameOver'; readonly frame: number };

export class StealingGateway {
  readonly #world: GatewayWorld;
  readonly #frames: ReadonlyMap<string, number>;
  readonly #broker = new Broker();
  readonly #collector: Collector;
  readonly #edges = new Map<string, End<StealingSignal>>();
  #early: { readonly edge: string; readonly result: StealingSignal & { kind: 'result' } }[] = [];
  #started = false;
  /** Of frames under way, by `source/frame`. */
  readonly #arrivedAtMs = new Map<string, number>();
  readonly lostFrames: FrameId[] = [];
  readonly lostEdges = new Set<string>();
  readonly #halos = new HaloDepot<readonly Halo[]>(Number.POSITIVE_INFINITY);
  duplicates = 0;
  earlyResults = 0;

  constructor(world: GatewayWorld, tiles: number, frames: ReadonlyMap<string, number>) {
    this.#world = world;
    this.#frames = frames;
    this.#collector = new Collector(tiles, frames);
  }

  get storedHaloBytes(): number {
    return this.#halos.bytes;
  }

  get done(): boolean {
    return this.#collector.done;
  }

  onPeer(name: string, session: End<StealingSignal>): void {
    if (this.#edges.has(name)) throw new Error(`${name} is connected already`);
    this.#edges.set(name, session);
    session.handle({
      onMessage: (signal) => this.#onEdge(name, signal),
      onClose: () => this.#loseEdge(name, session),
    });
    if (this.#started) session.send({ kind: 'start' });
  }

  start(): void {
    this.#started = true;
    for (const [name, count] of this.#frames) {
      if (count > 0 && !this.#edges.has(name)) this.#loseFrames(name);
    }
    for (const session of this.#edges.values()) session.send({ kind: 'start' });
  }

  /** No heartbeat came for too long: the edge is given up, though it may live. */
  giveUp(name: string): void {
    this.#edges.get(name)?.destroy();
  }

  #onEdge(edge: string, signal: StealingSignal): void {
    switch (signal.kind) {
      case 'frameTaken':
        if (!this.#collector.takeFrame({ source: edge, frame: signal.frame })) break;
        this.#arrivedAtMs.set(`${edge}/${signal.frame}`, signal.arrivedAtMs);
        this.#bringEarlyResults();
        break;
      case 'offer':
        this.#refer(this.#broker.offer(edge, signal.sequence));
        break;
      case 'withdraw':
        this.#broker.withdraw(edge, signal.sequence);
        break;
      case 'ask':
        this.#refer(this.#broker.ask(edge, signal.empty));
        break;
      case 'result':
        this.#onResult(edge, signal);
        break;
      case 'leaveHalos':
        this.#tell(this.#halos.put(signal.key, signal.parts, standIns(signal.parts)));
        break;
      case 'fetchHalos': {
        const answer = this.#halos.ask({ edge, ...signal });
        if (answer !== undefined) this.#tell([answer]);
        break;
      }
      default:
        throw new Error(`${edge} sent ${signal.kind} to the gateway`);
    }
  }

  #tell(answers: readonly HaloAnswer<readonly Halo[]>[]): void {
    for (const { wish, patches } of answers) {
      const { edge, request, parts } = wish;
      const end = this.#edges.get(edge);
      if (patches === undefined) end?.send({ kind: 'halosGone', request });
      else end?.send({ kind: 'halos', request, parts });
    }
  }

  #refer(referrals: readonly Referral[]): void {
    for (const { thief, offer } of referrals) {
      if (!this.#edges.has(offer.victim))
        throw new Error(`referred to ${offer.victim}, who is gone`);
      this.#edges.get(thief)?.send({ kind: 'victim', offer });
    }
  }

  #bringEarlyResults(): void {
    const early = this.#early;
    this.#early = [];
    this.earlyResults += early.length;
    for (const { edge, result } of early) this.#onResult(edge, result);
  }

  #onResult(edge: string, result: StealingSignal & { kind: 'result' }): void {
    const { source, frame, tile } = result;
    const arrival = this.#collector.arrive({ source, frame }, tile);
    if (arrival === 'unknown') throw new Error(`${edge} sent tile ${tile} of no frame`);
    if (arrival === 'early') {
      this.#early.push({ edge, result });
      return;
    }
    if (edge !== source) this.#edges.get(source)?.send({ kind: 'tileDone', frame, tile });
    if (arrival === 'duplicate') {
      this.duplicates++;
      return;
    }
    this.#world.merged(edge, { source, frame }, tile);
    if (arrival === 'last') this.#finish({ source, frame });
  }

  #finish(id: FrameId): void {
    const key = `${id.source}/${id.frame}`;
    const arrivedAtMs = this.#arrivedAtMs.get(key)!;
    this.#arrivedAtMs.delete(key);
    this.#world.finish(id, () => {
      this.#edges.get(id.source)?.send({ kind: 'detections', frame: id.frame });
      this.#collector.finish(id);
      this.#tell(this.#halos.endFrame(id));
      this.#world.finished(id, arrivedAtMs);
    });
  }

  #loseEdge(name: string, session: End<StealingSignal>): void {
    if (this.#edges.get(name) !== session) return;
    this.#edges.delete(name);
    this.lostEdges.add(name);
    this.#broker.leave(name);
    this.#halos.loseEdge(name);
    for (const other of this.#edges.values()) other.send({ kind: 'edgeLost', name });
    this.#loseFrames(name);
  }

  #loseFrames(source: string): void {
    const lost = this.#collector.loseSource(source);
    this.lostFrames.push(...lost);
    for (const id of lost) this.#tell(this.#halos.endFrame(id));
  }
}
