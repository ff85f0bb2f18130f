/**
 * The gateway's halos, where edges send theirs to it and fetch others' from it. Which are here, and who
 * waits for which, is the depot's to know (runtime/schedule/halo-depot.ts).
 */
import { freeAtOnce } from '../../engine/memory.ts';
import { TilebedError } from '../../errors.ts';
import type { MessageOf } from '../../net/messages.ts';
import { haloBytes } from '../../partition/analysis.ts';
import type { FrameId } from '../../schedule/collector.ts';
import { type HaloAnswer, HaloDepot } from '../../schedule/halo-depot.ts';
import type { GatewayPort } from '../gateway-node.ts';
import type { StealingPlan } from '../job.ts';
import { decodeParts, joinParts, splitParts } from './halo-wire.ts';
import { largestTileBytes, STORE_BYTES } from './limits.ts';

/** An edge makes few tiles ready at once, and each has eight neighbours. */
const MOST_WAITING = 64;

export class HaloKeeper {
  readonly #port: GatewayPort;
  readonly #work: StealingPlan;
  readonly #mostBytes: number;
  readonly #depot: HaloDepot;

  constructor(port: GatewayPort, work: StealingPlan) {
    this.#port = port;
    this.#work = work;
    this.#mostBytes = largestTileBytes(work);
    const sources = port.config.edges.filter(({ frames }) => frames > 0).length;
    this.#depot = new HaloDepot(STORE_BYTES * sources, freeAtOnce);
  }

  /** Throws a TilebedError (PROTOCOL) unless the bytes are as many as what is named has. */
  check(message: MessageOf<'leaveHalos'>, payloadBytes: number): void {
    if (payloadBytes === haloBytes(this.#work.network, this.#partsOf(message))) return;
    throw new TilebedError('PROTOCOL', `halos came with ${payloadBytes} bytes`);
  }

  /** A tile has left something, which was checked. */
  keep(message: MessageOf<'leaveHalos'>, payload: Uint8Array): void {
    const { source, frame, tile } = message;
    const halos = this.#partsOf(message).map((part) => ({ ...part, tile }));
    const values = splitParts(payload, halos, this.#work.network).map(({ data }) => data);
    this.#tell(this.#depot.put({ source, frame, tile }, halos, values));
  }

  /** An edge asks: it is answered now, or when they come. */
  give(edge: string, message: MessageOf<'fetchHalos'>): void {
    const { request, source, frame, tile } = message;
    const wish = { edge, request, key: { source, frame, tile }, parts: this.#partsOf(message) };
    const answer = this.#depot.ask(wish);
    if (answer !== undefined) this.#tell([answer]);
    else if (this.#depot.waitingOf(edge) > MOST_WAITING) {
      throw new TilebedError('PROTOCOL', `${edge} asks for halos of too many tiles`);
    }
  }

  endFrame(id: FrameId): void {
    this.#tell(this.#depot.endFrame(id));
  }

  loseEdge(edge: string): void {
    this.#depot.loseEdge(edge);
  }

  #partsOf({ parts }: { readonly parts: readonly number[] }) {
    const { network, plan } = this.#work;
    return decodeParts(parts, network, plan.fusedLayers, this.#mostBytes);
  }

  #tell(answers: readonly HaloAnswer[]): void {
    for (const { wish, patches } of answers) {
      const { edge, request, parts } = wish;
      if (patches === undefined) void this.#port.send(edge, { kind: 'halosGone', request });
      else {
        const payload = joinParts(parts, patches, this.#work.network);
        void this.#port.send(edge, { kind: 'halos', request }, payload);
      }
    }
  }
}
