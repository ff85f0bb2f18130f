/**
 * An edge that is dealt parts of frames: it takes pieces as they come, computes what is ready, and sends
 * on what others lack. A source also takes frames, and gives them away as the deal says. What can be
 * computed, and who needs the outcome, is the store's to say (runtime/schedule/part-store.ts).
 */
import { noteDeadMap } from '../../engine/memory.ts';
import { TilebedError } from '../../errors.ts';
import type { Picture } from '../../frames/picture.ts';
import type { Shape } from '../../model/network.ts';
import type { Frame, FrameLimits, Transfer } from '../../net/frame.ts';
import type { Message, MessageKind, MessageOf } from '../../net/messages.ts';
import type { PeerSession } from '../../net/session.ts';
import { tileMultiplyAccumulates } from '../../partition/analysis.ts';
import type { Region } from '../../partition/region.ts';
import { PartStore, type ReadyPart } from '../../schedule/part-store.ts';
import type { ComputeInput } from '../compute-protocol.ts';
import type { EdgeDealing, EdgePort } from '../edge-node.ts';
import { computeInput } from '../job.ts';
import { Peers } from '../peers.ts';
import { TakenFrames, tellTaken } from '../taken-frames.ts';
import { DealReader } from './deal-message.ts';
import { type HeldPiece, partInput } from './part-input.ts';
import { giver, PieceDelivery, type ReceivedDeal } from './piece-delivery.ts';
import {
  bytesOf,
  checkFramePiece,
  checkMapPiece,
  floatsOf,
  framePartInput,
  largestPayload,
  readFramePiece,
} from './piece-payload.ts';
import { bitsPerSecond, encodeProfile, type ToldProfile } from './profile-message.ts';
import type { DealtWork } from './work.ts';

/** A deal that this edge has parts of. */
interface LiveDeal extends ReceivedDeal {
  /** Of this edge's parts so far. */
  computeMs: number;
}

/** What is sent to and fro once, to time the link: under a second at ten megabits a second. */
const PROBE_BYTES = 256 * 1024;

export class DealtEdge implements EdgeDealing {
  readonly gatewayKinds = ['deal', 'cancelDeal', 'piece', 'edgeLost', 'probe'] as const;
  readonly peerLimits: FrameLimits;
  readonly #port: EdgePort;
  readonly #work: DealtWork;
  readonly #reader: DealReader;
  readonly #frames: TakenFrames;
  readonly #store = new PartStore<HeldPiece>();
  readonly #deals = new Map<number, LiveDeal>();
  readonly #peers: Peers;
  readonly #delivery: PieceDelivery;
  /** Pieces that overtook their deal hold back their connection until it comes. */
  #untilDealt: (() => void)[] = [];
  #started = false;
  #computing = false;
  /** The answer to the probe has come; or there will be none. */
  #onProbed: (transfer?: Transfer) => void = () => {};

  constructor(port: EdgePort, work: DealtWork) {
    this.#port = port;
    this.#work = work;
    this.#reader = new DealReader(work.layers);
    this.#frames = new TakenFrames(port.config, port.statistics, () => this.#advance());
    this.peerLimits = {
      allows: (kind) => kind === 'piece',
      payloadBytes: largestPayload(work.network, work.layers.length),
      checks: (message, payloadBytes) => this.checks(message, payloadBytes),
    };
    // Whoever opens a connection gives; it takes nothing on it but a welcome.
    this.#peers = new Peers(() => port.peerOptions({ allows: isGreeting, payloadBytes: 0 }), {
      onFrame: () => {},
      onGone: (peer) => this.#reportGone(peer),
    });
    this.#delivery = new PieceDelivery(port, this.#peers, work.network);
  }

  /** Who plans by links wants to know this one before the first frame. */
  async joined(): Promise<void> {
    const { layerMs } = this.#work;
    const told = this.#isAdaptive ? { layerMs, ...(await this.#probe()) } : { layerMs };
    void this.#port.send({ kind: 'profile' }, encodeProfile(told));
  }

  async #probe(): Promise<Omit<ToldProfile, 'layerMs'>> {
    const answer = new Promise<Transfer | undefined>((resolve) => {
      this.#onProbed = resolve;
    });
    void this.#port.send({ kind: 'probe' }, new Uint8Array(PROBE_BYTES));
    const transfer = await answer;
    const { delayMs } = this.#port;
    return transfer === undefined
      ? { delayMs }
      : { delayMs, rateBitsPerSecond: bitsPerSecond(transfer) };
  }

  get #isAdaptive(): boolean {
    return this.#port.config.work.strategy.name === 'adaptive';
  }

  start(): void {
    this.#started = true;
    this.#work.compute.begin();
    this.#frames.start();
    this.#advance();
  }

  reset(): void {
    this.#store.reset();
    this.#deals.clear();
    this.#frames.abandon();
    this.#peers.hangUp();
    this.#started = false;
    this.#onProbed();
    this.#wake();
  }

  close(): void {
    this.#peers.close();
    this.#frames.close();
  }

  checks(message: Message, payloadBytes: number): void {
    if (message.kind !== 'piece') return;
    const { deal: id, stage, piece, encoding } = message;
    const found = this.#store.expected(id, stage, piece);
    // What overtook its deal, or came too late for it, has only the largest map as its limit.
    if (typeof found === 'string') return;
    const { region } = found;
    const shape = shapeBefore(this.#work, this.#deals.get(id)!, stage);
    if (stage > 0) checkMapPiece(shape, region, encoding, payloadBytes);
    else checkFramePiece(this.#work.network, region, payloadBytes);
  }

  onGateway({ message, payload, transfer }: Frame): void | Promise<void> {
    switch (message.kind) {
      case 'probe':
        this.#onProbed(transfer);
        break;
      case 'deal':
        this.#onDeal(message, payload);
        break;
      case 'cancelDeal':
        this.#store.cancel(message.deal);
        this.#deals.delete(message.deal);
        break;
      case 'piece':
        return this.#onPiece(undefined, message, payload);
      case 'edgeLost':
        this.#peers.drop(message.name);
        break;
      case 'detections':
        this.#frames.answered(message.frame);
        this.#frames.release(message.frame);
        break;
      default:
    }
    this.#advance();
  }

  onPeer(session: PeerSession, name: string): void {
    session.handle({
      onFrame: ({ message, payload }) => {
        if (message.kind === 'piece') return this.#onPiece(name, message, payload);
        return undefined;
      },
      onClose: (error) => {
        this.#port.statistics.countRefusal(error);
        // What was on its way over this connection may never have arrived.
        this.#reportGone(name);
      },
    });
  }

  #onDeal(message: MessageOf<'deal'>, payload: Uint8Array): void {
    const { name } = this.#port.config;
    const dealt = this.#reader.read(payload);
    const me = dealt.edges.findIndex((edge) => edge.name === name);
    if (me < 0 || message.deal <= this.#store.newest) {
      throw new TilebedError('PROTOCOL', `deal ${message.deal} is none for ${name}`);
    }
    this.#store.begin(message.deal, dealt.plan, me);
    const live = { ...dealt, message, computeMs: 0 };
    if (this.#store.isLive(message.deal)) this.#deals.set(message.deal, live);
    if (message.source === name) this.#delivery.giveAway(live, this.#picture(message.frame));
    this.#wake();
  }

  /** @param sender undefined: the gateway */
  async #onPiece(
    sender: string | undefined,
    message: MessageOf<'piece'>,
    payload: Uint8Array,
  ): Promise<void> {
    const { deal: id, stage, piece: index } = message;
    let found = this.#store.expected(id, stage, index);
    // What the gateway sends never overtakes the deal that it belongs to.
    while (found === 'early' && sender !== undefined) {
      await new Promise<void>((resolve) => this.#untilDealt.push(resolve));
      found = this.#store.expected(id, stage, index);
    }
    if (found === 'stale') return;
    if (typeof found === 'string') {
      throw new TilebedError('PROTOCOL', `piece ${index} of stage ${stage} is ${found} here`);
    }
    // Its size was checked before, but by another measure where it had overtaken its deal.
    this.checks(message, payload.byteLength);
    const deal = this.#deals.get(id)!;
    if (sender !== giver(deal, stage, found)) {
      throw new TilebedError('PROTOCOL', `piece ${index} of stage ${stage} is not ${sender}'s`);
    }
    this.#store.arrive(id, stage, index, this.#held(deal, message, found.region, payload));
    this.#advance();
  }

  #held(
    deal: ReceivedDeal,
    { stage, encoding }: MessageOf<'piece'>,
    region: Region,
    payload: Uint8Array,
  ): HeldPiece {
    if (stage > 0) return { kind: 'map', data: floatsOf(payload) };
    const { network } = this.#work;
    const read = readFramePiece({ encoding, payload }, deal.message, network, region);
    return { kind: 'frame', input: computeInput(read.input, read.letterbox, region) };
  }

  /** Does whatever can be done now. Called after every event; it never waits. */
  #advance(): void {
    if (!this.#started) return;
    void this.#takeFrame();
    if (this.#computing) return;
    const ready = this.#store.next();
    if (ready === undefined) return;
    this.#computing = true;
    this.#compute(ready).catch((error) => this.#port.fail(error));
  }

  async #takeFrame(): Promise<void> {
    if (await tellTaken(this.#port, () => this.#frames.take())) this.#advance();
  }

  async #compute(ready: ReadyPart<HeldPiece>): Promise<void> {
    const { statistics } = this.#port;
    const { id, plan: part } = ready;
    const deal = this.#deals.get(id.deal)!;
    const { source, frame } = deal.message;
    const { from, to } = deal.plan.stages[id.stage]!;
    const input = this.#inputOf(deal, ready);
    const surrounds = part.layers.map(({ border }) => border);
    const run = await this.#work.compute.run({ input, from, to, surrounds });
    const { outputs, startMs, endMs, engineBytes } = run;
    this.#computing = false;
    statistics.engineBytes = engineBytes;
    statistics.tilesComputed++;
    statistics.multiplyAccumulates += tileMultiplyAccumulates(this.#work.network, part.layers);
    deal.computeMs += endMs - startMs;
    const { stage, part: tile } = id;
    statistics.span({ kind: 'compute', startMs, endMs, source, frame, stage, tile });
    const sent = this.#passOn(deal, ready, outputs.at(-1)!);
    this.#advance();
    await sent;
    noteDeadMap(outputs.at(-1)!);
  }

  /** Sends a part's output on, as far as others lack it. */
  async #passOn(
    deal: LiveDeal,
    { id, plan }: ReadyPart<HeldPiece>,
    data: Float32Array,
  ): Promise<void> {
    const outcome = this.#store.computed(id, { kind: 'map', data });
    if (!this.#store.isLive(id.deal)) this.#deals.delete(id.deal);
    // Cancelled meanwhile.
    if (outcome === undefined) return;
    if (this.#isAdaptive && !this.#store.isLive(id.deal)) {
      const { computeMs } = deal;
      const { delayMs } = this.#port;
      void this.#port.send({ kind: 'partsDone', deal: id.deal, computeMs, delayMs });
    }
    if (outcome.isResult) {
      const output = { kind: 'output', deal: id.deal, part: id.part } as const;
      await this.#port.send(output, bytesOf(data));
      return;
    }
    const stage = id.stage + 1;
    const shape = shapeBefore(this.#work, deal, stage);
    const output = { data, shape, region: plan.output };
    await this.#delivery.passOn(deal, stage, outcome.pieces, output);
  }

  #inputOf(deal: ReceivedDeal, ready: ReadyPart<HeldPiece>): ComputeInput {
    // A source needs no piece of a frame that it has itself.
    if (ready.ingredients.length === 0) {
      const picture = this.#picture(deal.message.frame);
      return framePartInput(picture, this.#work.network, ready.plan.input);
    }
    return partInput(ready, shapeBefore(this.#work, deal, ready.id.stage));
  }

  /** The gateway deals only frames that were announced, and answers them once. */
  #picture(frame: number): Picture {
    const picture = this.#frames.picture(frame);
    if (picture === undefined) {
      throw new TilebedError('PROTOCOL', `frame ${frame} was dealt, but is not under way`);
    }
    return picture;
  }

  #reportGone(name: string): void {
    if (this.#started) {
      void this.#port.send({ kind: 'peerGone', name, newest: this.#store.newest });
    }
  }

  #wake(): void {
    for (const resolve of this.#untilDealt.splice(0)) resolve();
  }
}

function isGreeting(kind: MessageKind): boolean {
  return kind === 'welcome' || kind === 'refused';
}

/** The whole map in front of a stage. */
function shapeBefore({ layers }: DealtWork, { plan }: ReceivedDeal, stage: number): Shape {
  return layers[plan.stages[stage]!.from]!.input;
}
