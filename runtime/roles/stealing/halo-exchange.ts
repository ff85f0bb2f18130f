/**
 * An edge's halos: what its own tiles have left is kept here and given to edges that ask, and what a
 * tile in hand needs of others is fetched, while the tile before it is computed.
 */
import { monotonicMs } from '../../clock.ts';
import type { FilledHalo } from '../../engine/halo-run.ts';
import { freeAtOnce } from '../../engine/memory.ts';
import { TilebedError } from '../../errors.ts';
import type { Frame } from '../../net/frame.ts';
import type { MessageOf } from '../../net/messages.ts';
import type { PeerSession } from '../../net/session.ts';
import { haloBytes } from '../../partition/analysis.ts';
import { copyPatch } from '../../partition/map.ts';
import { areaOf } from '../../partition/region.ts';
import type { Halo } from '../../partition/reuse.ts';
import { type Gathered, HaloFetches, haloNeeds } from '../../schedule/halo-fetches.ts';
import { HaloStore, type TileKey } from '../../schedule/halo-store.ts';
import type { EdgePort } from '../edge-node.ts';
import type { Job, StealingPlan } from '../job.ts';
import type { PeerEndpoint, Peers } from '../peers.ts';
import { decodeParts, encodeParts, splitParts } from './halo-wire.ts';

/** Three frames under way leave less on an edge, in the papers' settings. */
const STORE_BYTES = 16 * 2 ** 20;

type Fetched = Gathered<readonly FilledHalo[]>;

interface Asked {
  readonly peer: string;
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
  readonly #store = new HaloStore(STORE_BYTES, freeAtOnce);
  readonly #fetches = new HaloFetches<readonly FilledHalo[]>();
  readonly #asked = new Map<number, Asked>();
  readonly #endpoints = new Map<string, PeerEndpoint>();

  constructor(port: EdgePort, work: StealingPlan, peers: Peers, mostBytes: number) {
    this.#port = port;
    this.#work = work;
    this.#peers = peers;
    this.#mostBytes = mostBytes;
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
      const peer = this.#endpoints.get(holder);
      if (peer === undefined) {
        this.#fetches.failed(request);
        return;
      }
      const halos = plan.halos.filter((halo) => halo.tile === tile);
      const timer = setTimeout(() => {
        this.#port.context.log(`${holder} has not sent the halos of tile ${tile} in time`);
        this.#forget(request);
        this.#fetches.failed(request);
      }, this.#port.config.liveness.lostAfterMs);
      this.#asked.set(request, { peer: holder, halos, job, startMs: monotonicMs(), timer });
      const { source, id } = job;
      const parts = encodeParts(halos);
      void this.#peers.send(peer, { kind: 'fetchHalos', request, source, ...id, tile, parts });
    }
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

  /** Keeps what a tile has left for its neighbours. */
  keep(key: TileKey, halos: readonly Halo[], values: readonly Float32Array[]): void {
    if (halos.length > 0) this.#store.put(key, halos, values);
  }

  /** Another edge asks. */
  serve(session: PeerSession, message: MessageOf<'fetchHalos'>): Promise<void> {
    const { network, plan } = this.#work;
    const { request } = message;
    const parts = decodeParts(message.parts, network, plan.fusedLayers, this.#mostBytes);
    const found = this.#store.find(message, parts);
    if (found === undefined) return session.send({ kind: 'halosGone', request });
    const payload = new Float32Array(haloBytes(network, parts) / Float32Array.BYTES_PER_ELEMENT);
    let at = 0;
    for (const [index, { layer, region }] of parts.entries()) {
      const end = at + network.layers[layer]!.input.channels * areaOf(region);
      copyPatch(found[index]!, { region, data: payload.subarray(at, end) }, region);
      at = end;
    }
    return session.send({ kind: 'halos', request }, new Uint8Array(payload.buffer));
  }

  /** What a peer answers. Throws a TilebedError (PROTOCOL) where it is not what was asked for. */
  onPeer(peer: string, { message, payload }: Frame): void {
    if (message.kind !== 'halos' && message.kind !== 'halosGone') return;
    const { request } = message;
    const asked = this.#asked.get(request);
    // The clock, or the end of its holder, was faster.
    if (asked === undefined) return;
    if (asked.peer !== peer) throw new TilebedError('PROTOCOL', `${peer} was not asked for halos`);
    this.#forget(request);
    if (message.kind === 'halosGone') {
      this.#fetches.failed(request);
      return;
    }
    const { halos, job, startMs } = asked;
    const filled = splitParts(payload, halos, this.#work.network).map(({ halo, data }) => ({
      halo,
      patch: { region: halo.region, data },
    }));
    const { statistics } = this.#port;
    statistics.haloBytesReceived += payload.byteLength;
    const { source, id } = job;
    statistics.span({ kind: 'fetch', startMs, endMs: monotonicMs(), source, ...id, peer });
    this.#fetches.arrived(request, filled);
  }

  /** The connection to an edge has ended, or the gateway says that the edge is gone. */
  loseHolder(edge: string): void {
    for (const [request, { peer }] of this.#asked) if (peer === edge) this.#forget(request);
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
