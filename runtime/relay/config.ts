/** What a relay is told when it starts, as one line of JSON on its standard input. */
import type { Endpoint } from '../net/endpoint.ts';

/** What a link does to what passes it; a key that is absent does nothing. */
export interface LinkShape {
  readonly rateBitsPerSecond?: number;
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** 0 to 1. */
  readonly loss?: number;
}

export interface RelayedNode {
  readonly name: string;
  readonly address: string;
  /** Only this node knows it: the relay tells by it who connects. */
  readonly token: string;
  /** The node's own cable: its rate holds both ways, the rest in what the node sends. */
  readonly link?: LinkShape;
}

/** The way between two nodes, beside their own cables: everything holds in each direction. */
export interface RelayedPair {
  readonly between: readonly [string, string];
  readonly link: LinkShape;
}

export interface RelayConfig {
  /** Addresses, at a free port each: nodes of several networks reach the same relay at their own. */
  readonly listen: readonly string[];
  readonly nodes: readonly RelayedNode[];
  readonly pairs: readonly RelayedPair[];
  /** One half-duplex medium that everything passes, whoever sends it. */
  readonly medium?: LinkShape;
}

/** How a node reaches its relay. */
export interface RelayAccess extends Endpoint {
  readonly token: string;
}

/** The relay's one line on standard output, once it listens. */
export interface RelayReady {
  readonly event: 'ready';
  readonly endpoints: readonly Endpoint[];
}
