/**
 * An edge's halos: what its own tiles have left is kept here and given to edges that ask, and what a
 * tile in hand needs of others is fetched, while the tile before it is computed. Where halos go through
 * the gateway, a copy of what is left is sent there, and others' are fetched from there.
 */
import { monotonicMs } from '../../clock.ts';
import type { FilledHalo } from '../../engine/halo-run.ts';
import { freeAtOnce } from '../../engine/memory.ts';
import { TilebedError } from '../../errors.ts';
import type { Frame } from '../../net/frame.ts';
import type { Message, MessageOf } from '../../net/messages.ts';
import type { PeerSession } from '../../net/session.ts';
import type { Halo } from '../../partition/reuse.ts';
import { type Gathered, HaloFetches, haloNeeds } from '../../schedule/halo-fetches.ts';
import { HaloStore, type TileKey } from '../../schedule/halo-store.ts';
import type { EdgePort } from '../edge-node.ts';
import type { Job, StealingPlan } from '../job.ts';
import type { PeerEndpoint, Peers } from '../peers.ts';
import { decodeParts, encodeParts, joinParts, splitParts } from './halo-wire.ts';
import { STORE_BYTES } from './limits.ts';

/** Who answers where halos go through the gateway; no edge has such a name. */
const GATEWAY = '';

type Fetched = Gathered<readonly FilledHalo[]>;

/** Whoever has the halos that some edge's tiles have left. */
interface Giver {
  /** Of an edge, or GATEWAY. */
  readonly name: string;
  send(message: Message): Promise<void>;
}

interface Asked {
  readonly giver: string;
  readonly holder: string;
  readonly halos: readonly Halo[];
  readonly job: Job;
  readonly startMs: number;
  readonly timer: NodeJS.Timeout;
}

export class HaloExchange {
  readonly #port: EdgePort;
  readonly #work: StealingPlan;
  readonly #peers: Peers;
  /** The most that an edge may ask for at once. */
  readonly #mostBytes: number;
  readonly #isThroughGateway: boolean;
  readonly #store = new HaloStore(STORE_BYTES, freeAtOnce);
  readonly #fetches = new HaloFetches<readonly FilledHalo[]>();
  readonly #asked = new Map<number, Asked>();
  readonly #endpoints = new Map<string, PeerEndpoint>();

  constructor(port: EdgePort, work: StealingPlan, peers: Peers, mostBytes: number) {
    this.#port = port;
    this.#work = work;
    this.#peers = peers;
    this.#mostBytes = mostBytes;
    this.#isThroughGateway = port.config.work.transfer.halos === 'gateway';
  }

  /** An edge has joined: this is where it listens. */
  meet({ name, address, port }: PeerEndpoint): void {
    this.#endpoints.set(name, { name, address, port });
  }

  endpointOf(edge: string): PeerEndpoint | undefined {
    return this.#endpoints.get(edge);
  }

  /** Fetches what a tile in hand needs of other edges; `settle` is called once, perhaps at once. */
  fetch(job: Job, settle: (fetched: Fetched) => void): void {
    const { plan } = job.planned;
    const needs = haloNeeds(job.planned, this.#port.config.name);
    const requests = this.#fetches.gather(needs, settle);
    for (const { request, holder, tile } of requests) {
      const giver = this.#giverOf(holder);
      if (giver === undefined) {
        this.#fetches.failed(request);
        return;
      }
      const halos = plan.halos.filter((halo) => halo.tile === tile);
      const timer = setTimeout(() => {
        this.#port.context.log(
          `the halos of tile ${tile}, which ${holder} computed, have not come in time`,
        );
        this.#forget(request);
        this.#fetches.failed(request);
      }, this.#port.config.liveness.lostAfterMs);
      const startMs = monotonicMs();
      this.#asked.set(request, { giver: giver.name, holder, halos, job, startMs, timer });
      const { source, id } = job;
      const parts = encodeParts(halos);
      void giver.send({ kind: 'fetchHalos', request, source, ...id, tile, parts });
    }
  }

  #giverOf(holder: string): Giver | undefined {
    if (this.#isThroughGateway) {
      return { name: GATEWAY, send: (message) => this.#port.send(message) };
    }
    const peer = this.#endpoints.get(holder);
    return peer && { name: holder, send: (message) => this.#peers.send(peer, message) };
  }

  /** All halos of a tile that begins now: those that came, and those that lie here. Or whose are gone. */
  fill({ source, id, planned }: Job, fetched: ReadonlyMap<number, readonly FilledHalo[]>) {
    const filled: FilledHalo[] = [...fetched.values()].flat();
    for (const halo of planned.plan.halos) {
      if (fetched.has(halo.tile)) continue;
      const [patch] = this.#store.find({ source, frame: id.frame, tile: halo.tile }, [halo]) ?? [];
      if (patch === undefined) return halo.tile;
      filled.push({ halo, patch });
    }
    return filled;
  }

  /** Keeps what a tile has left for its neighbours, and sends it to the gateway where halos go there. */
  keep(key: TileKey, halos: readonly Halo[], values: readonly Float32Array[]): void {
    if (halos.length === 0) return;
    if (this.#isThroughGateway) {
      const patches = halos.map(({ region }, index) => ({ region, data: values[index]! }));
      const payload = joinParts(halos, patches, this.#work.network);
      void this.#port.send({ kind: 'leaveHalos', ...key, parts: encodeParts(halos) }, payload);
    }
    this.#store.put(key, halos, values);
  }

  /** Another edge asks. */
  serve(session: PeerSession, message: MessageOf<'fetchHalos'>): Promise<void> {
    const { network, plan } = this.#work;
    const { request } = message;
    const parts = decodeParts(message.parts, network, plan.fusedLayers, this.#mostBytes);
    const found = this.#store.find(message, parts);
    if (found === undefined) return session.send({ kind: 'halosGone', request });
    return session.send({ kind: 'halos', request }, joinParts(parts, found, network));
  }

  /** The gateway answers. */
  onGateway(frame: Frame): void {
    this.onPeer(GATEWAY, frame);
  }

  /** What a peer answers. Throws a TilebedError (PROTOCOL) where it is not what was asked for. */
  onPeer(peer: string, { message, payload }: Frame): void {
    if (message.kind !== 'halos' && message.kind !== 'halosGone') return;
    const { request } = message;
    const asked = this.#asked.get(request);
    // The clock, or the end of its holder, was faster.
    if (asked === undefined) return;
    if (asked.giver !== peer) throw new TilebedError('PROTOCOL', `${peer} was not asked for halos`);
    this.#forget(request);
    if (message.kind === 'halosGone') {
      this.#fetches.failed(request);
      return;
    }
    const { halos, holder, job, startMs } = asked;
    const filled = splitParts(payload, halos, this.#work.network).map(({ halo, data }) => ({
      halo,
      patch: { region: halo.region, data },
    }));
    const { statistics } = this.#port;
    statistics.haloBytesReceived += payload.byteLength;
    const { source, id } = job;
    statistics.span({ kind: 'fetch', startMs, endMs: monotonicMs(), source, ...id, peer: holder });
    this.#fetches.arrived(request, filled);
  }

  /** The connection to an edge has ended, or the gateway says that the edge is gone. */
  loseHolder(edge: string): void {
    for (const [request, { holder }] of this.#asked) if (holder === edge) this.#forget(request);
    this.#fetches.loseHolder(edge);
  }

  /** A tile's halos are wanted no more; of a whole frame, or of all frames of a source, where less is said. */
  drop({ source, frame, tile }: Partial<TileKey> & Pick<TileKey, 'source'>): void {
    if (frame !== undefined && tile !== undefined) this.#store.drop({ source, frame, tile });
    else this.#store.dropFrames(source, frame);
  }

  /** Forgets all that it holds and all that it waits for. */
  reset(): void {
    for (const request of [...this.#asked.keys()]) this.#forget(request);
    this.#fetches.clear();
    this.#store.clear();
  }

  #forget(request: number): void {
    clearTimeout(this.#asked.get(request)?.timer);
    this.#asked.delete(request);
  }
}
