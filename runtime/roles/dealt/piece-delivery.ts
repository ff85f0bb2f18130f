/** An edge's pieces on their way out: cut, sent to whoever lacks them, and noted in the timeline. */
import { monotonicMs } from '../../clock.ts';
import type { Picture } from '../../frames/picture.ts';
import type { Network, Shape } from '../../model/network.ts';
import type { MessageOf } from '../../net/messages.ts';
import { type Piece, stagePieces } from '../../partition/pieces.ts';
import type { Region } from '../../partition/region.ts';
import type { EdgePort } from '../edge-node.ts';
import type { Peers } from '../peers.ts';
import { timed } from '../role.ts';
import type { PlannedDeal } from './deal-message.ts';
import { cutMapPiece, type EncodedPiece, encodeFramePiece } from './piece-payload.ts';

/** A deal as it reached this edge. */
export interface ReceivedDeal extends PlannedDeal {
  readonly message: MessageOf<'deal'>;
}

export class PieceDelivery {
  readonly #port: EdgePort;
  readonly #peers: Peers;
  readonly #network: Network;

  constructor(port: EdgePort, peers: Peers, network: Network) {
    this.#port = port;
    this.#peers = peers;
    this.#network = network;
  }

  /** A source's part in a deal: its frame goes to the gateway, or in pieces to those who compute them. */
  giveAway(deal: ReceivedDeal, picture: Picture): void {
    const { message, plan } = deal;
    if (plan.route === 'gateway') {
      const { height, width } = this.#network.input;
      const whole = { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
      const { encoding, payload } = this.#cut(picture, whole, message);
      void this.#port.send({ kind: 'picture', deal: message.deal, encoding }, payload);
      return;
    }
    for (const piece of stagePieces(plan, 0)) {
      const cut = this.#cut(picture, piece.region, message, piece.index);
      void this.#send(deal, 0, piece, cut);
    }
  }

  /** Resolves when all pieces of a part's output have left. */
  async passOn(
    deal: ReceivedDeal,
    stage: number,
    pieces: readonly Piece[],
    output: { readonly data: Float32Array; readonly shape: Shape; readonly region: Region },
  ): Promise<void> {
    await Promise.all(
      pieces.map((piece) => {
        const cut = cutMapPiece(output.data, output.shape, output.region, piece.region);
        return this.#send(deal, stage, piece, cut);
      }),
    );
  }

  async #send(
    { message: { deal, source, frame }, plan, edges }: ReceivedDeal,
    stage: number,
    { index, receivers }: Piece,
    { encoding, payload }: EncodedPiece,
  ): Promise<void> {
    const message = { kind: 'piece', deal, stage, piece: index, encoding } as const;
    const deliver = async (peer: string, sending: () => Promise<void>) => {
      const startMs = monotonicMs();
      await sending();
      const of = { source, frame, stage, tile: index, peer };
      this.#port.statistics.span({ kind: 'transfer', startMs, endMs: monotonicMs(), ...of });
    };
    if (plan.route === 'gateway') {
      await deliver('gateway', () => this.#port.send(message, payload));
      return;
    }
    await Promise.all(
      receivers.map((receiver) => {
        const peer = edges[receiver]!;
        return deliver(peer.name, () => this.#peers.send(peer, message, payload));
      }),
    );
  }

  #cut(
    picture: Picture,
    region: Region,
    { source, frame }: MessageOf<'deal'>,
    tile?: number,
  ): EncodedPiece {
    const { frames } = this.#port.config.work.transfer;
    const cut = timed(() => encodeFramePiece(picture, this.#network, region, frames));
    const { startMs, endMs } = cut;
    const of = { source, frame, ...(tile === undefined ? {} : { tile }) };
    this.#port.statistics.span({ kind: 'cut', startMs, endMs, ...of });
    return cut.result;
  }
}

/** Who sends a piece: undefined stands for the gateway. */
export function giver(
  { plan, edges }: ReceivedDeal,
  stage: number,
  piece: Piece,
): string | undefined {
  if (plan.route === 'gateway') return undefined;
  const position = piece.part === undefined ? 0 : plan.holders[stage - 1]![piece.part]!;
  return edges[position]!.name;
}
