/**
 * The gateway where edges steal: it knows who has tiles to give, sends thieves to them, and pastes
 * results into frames. Which tile counts and who steals from whom is decided in runtime/schedule.
 */
import { TilebedError } from '../../errors.ts';
import { elements } from '../../model/network.ts';
import type { Frame, FrameLimits } from '../../net/frame.ts';
import type { MessageKind, MessageOf } from '../../net/messages.ts';
import { Broker, type Referral } from '../../schedule/broker.ts';
import { Collector, type FrameId } from '../../schedule/collector.ts';
import { checkTaken, FrameAssembly } from '../frame-assembly.ts';
import type { GatewayDealing, GatewayPort } from '../gateway-node.ts';
import type { StealingPlan } from '../job.ts';
import { timed } from '../role.ts';
import { HaloKeeper } from './halo-keeper.ts';
import { largestTileBytes } from './limits.ts';

/** What an edge may say. */
const EDGE_KINDS: readonly MessageKind[] = [
  'heartbeat',
  'frameTaken',
  'offer',
  'withdraw',
  'ask',
  'result',
];
/** And this, where halos go through the gateway. */
const HALO_KINDS: readonly MessageKind[] = ['leaveHalos', 'fetchHalos'];

/** Results that overtake their frame are few, and must not fill the memory. */
const MAX_EARLY_RESULTS = 64;

interface EarlyResult {
  readonly edge: string;
  readonly result: MessageOf<'result'>;
  readonly payload: Uint8Array;
}

export class StealingGateway implements GatewayDealing {
  readonly limits: FrameLimits;
  readonly #port: GatewayPort;
  readonly #work: StealingPlan;
  readonly #halos: HaloKeeper | undefined;
  readonly #broker = new Broker();
  readonly #collector: Collector;
  readonly #assembly: FrameAssembly;
  /** Results that overtook, on their thieves' connections, what their source says of the frame. */
  #early: EarlyResult[] = [];

  constructor(port: GatewayPort, work: StealingPlan) {
    this.#port = port;
    this.#work = work;
    const { network, plan } = work;
    const merged = network.layers[plan.fusedLayers - 1]!.output;
    this.#assembly = new FrameAssembly(merged);
    this.#collector = new Collector(
      plan.tiles.length,
      new Map(port.config.edges.map(({ name, frames }) => [name, frames])),
    );
    const keepsHalos = port.config.work.transfer.halos === 'gateway';
    this.#halos = keepsHalos ? new HaloKeeper(port, work) : undefined;
    const kinds = new Set([...EDGE_KINDS, ...(keepsHalos ? HALO_KINDS : [])]);
    const mapBytes = elements(merged) * Float32Array.BYTES_PER_ELEMENT;
    this.limits = {
      allows: (kind) => kinds.has(kind),
      payloadBytes: keepsHalos ? largestTileBytes(work) : mapBytes,
      checks: (message, payloadBytes) => {
        if (message.kind === 'leaveHalos') this.#halos?.check(message, payloadBytes);
      },
    };
  }

  /** Edges begin by themselves. */
  start(): void {}

  /** An edge asks when it wants something; it is told of all the others, who may hold halos. */
  join(edge: string): void {
    for (const other of this.#port.edges) {
      if (other === edge) continue;
      this.#introduce(edge, other);
      this.#introduce(other, edge);
    }
  }

  #introduce(edge: string, to: string): void {
    const endpoint = this.#port.endpointOf(edge);
    if (endpoint === undefined) return;
    const { address, port } = endpoint;
    void this.#port.send(to, { kind: 'edgeHere', name: edge, address, port });
  }

  lose(edge: string): readonly FrameId[] {
    this.#broker.leave(edge);
    this.#halos?.loseEdge(edge);
    for (const other of this.#port.edges) {
      void this.#port.send(other, { kind: 'edgeLost', name: edge });
    }
    const lost = this.#collector.loseSource(edge);
    for (const id of lost) {
      this.#assembly.drop(id);
      this.#halos?.endFrame(id);
    }
    return lost;
  }

  finished(id: FrameId): void {
    this.#collector.finish(id);
    this.#halos?.endFrame(id);
  }

  get done(): boolean {
    return this.#collector.done;
  }

  onEdge(edge: string, { message, payload }: Frame): void {
    switch (message.kind) {
      case 'frameTaken':
        checkTaken(edge, message, this.#collector.inFlight(edge), this.#port.config);
        if (this.#collector.takeFrame({ source: edge, frame: message.frame })) {
          this.#assembly.begin(edge, message);
          this.#bringEarlyResults();
        }
        break;
      case 'offer':
        this.#refer(this.#broker.offer(edge, message.sequence));
        break;
      case 'withdraw':
        this.#broker.withdraw(edge, message.sequence);
        break;
      case 'ask': {
        const { emptyVictim, emptySequence } = message;
        const empty =
          emptyVictim === '' ? undefined : { victim: emptyVictim, sequence: emptySequence };
        this.#refer(this.#broker.ask(edge, empty));
        break;
      }
      case 'result':
        this.#onResult(edge, message, payload);
        break;
      case 'leaveHalos':
        this.#halos?.keep(message, payload);
        break;
      case 'fetchHalos':
        this.#halos?.give(edge, message);
        break;
      default:
    }
  }

  #refer(referrals: readonly Referral[]): void {
    for (const { thief, offer } of referrals) {
      const { address, port } = this.#port.endpointOf(offer.victim)!;
      const { victim: name, sequence } = offer;
      void this.#port.send(thief, { kind: 'victim', name, address, port, sequence });
    }
  }

  #onResult(edge: string, result: MessageOf<'result'>, payload: Uint8Array): void {
    const { source, frame, tile } = result;
    const id = { source, frame };
    const plan = this.#work.plan.tiles[tile];
    if (plan !== undefined) this.#assembly.check(plan, payload.byteLength);
    const arrival = this.#collector.arrive(id, tile);
    if (arrival === 'unknown') {
      this.#port.log(`${edge} sent tile ${tile} of no frame`);
      return;
    }
    if (arrival === 'early') {
      if (this.#early.length >= MAX_EARLY_RESULTS) {
        throw new TilebedError('PROTOCOL', `${edge} sends results of frames that nobody has taken`);
      }
      this.#early.push({ edge, result, payload });
      return;
    }
    if (edge !== source) void this.#port.send(source, { kind: 'tileDone', frame, tile });
    if (arrival === 'duplicate') return;
    const { startMs, endMs } = timed(() => this.#assembly.add(id, plan!, payload));
    this.#port.statistics.span({ kind: 'merge', startMs, endMs, ...id, tile, peer: edge });
    if (arrival !== 'last') return;
    const { map, taken } = this.#assembly.take(id);
    this.#port.finish(id, map, taken);
  }

  #bringEarlyResults(): void {
    const early = this.#early;
    this.#early = [];
    for (const { edge, result, payload } of early) this.#onResult(edge, result, payload);
  }
}
