/**
 * What a role is told when it starts: one line of JSON on its standard input, because a command
 * line is readable by every user of a machine and the testbed's key is in here.
 */
import type { Precision } from '../model/precision.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Grid } from '../partition/region.ts';
import type { RelayAccess } from '../relay/config.ts';
import type { FrameRate } from '../schedule/arrivals.ts';
import type { Strategy } from '../schedule/strategies.ts';
import type { Transfer } from '../schedule/transfer.ts';
import type { CpuShares } from './pace.ts';

export type Role = 'host' | 'gateway' | 'edge';

export type Security =
  | { readonly kind: 'psk' /** 32 bytes, hex. */; readonly key: string }
  | { readonly kind: 'none' };

/** Where a node finds the model: paths on that node. */
export interface ModelFiles {
  readonly cfg: string;
  readonly weights:
    | { readonly kind: 'synthetic'; readonly seed: number }
    | { readonly kind: 'file'; readonly path: string };
}

/** How often peers show that they live, and when one that does not is given up. */
export interface Liveness {
  readonly heartbeatMs: number;
  readonly lostAfterMs: number;
}

export interface Work {
  readonly model: ModelFiles;
  readonly grid: Grid;
  readonly fusedLayers: number;
  readonly strategy: Strategy;
  readonly transfer: Transfer;
  readonly engine: string;
  readonly precision: Precision;
  /** Threads of the engine on this node. */
  readonly threads: number;
  /** Where the node is to be as slow as a device. */
  readonly cpuShares?: CpuShares;
}

/** One frame of a source edge. */
export type FrameSource =
  | {
      readonly kind: 'generated';
      readonly seed: number;
      readonly index: number;
      readonly width: number;
      readonly height: number;
    }
  /** A binary PPM (P6) on the node. */
  | { readonly kind: 'file'; readonly path: string };

interface NodeConfig {
  readonly name: string;
  /** Lets peers refuse a connection of another run that reaches a reused port. */
  readonly run: string;
  readonly security: Security;
  readonly liveness: Liveness;
}

export interface GatewayConfig extends NodeConfig {
  readonly role: 'gateway';
  /** Port 0: any free one, told in the `ready` event. */
  readonly listen: Endpoint;
  readonly work: Work;
  /** The edges that may join, where they are, and how many frames each source among them gives. */
  readonly edges: readonly {
    readonly name: string;
    readonly address: string;
    readonly frames: number;
  }[];
  /** Frames of one source that may be under way; one that takes more is dropped. */
  readonly framesInFlight: number;
  /** Detections less probable than this are dropped, 0 to 1. */
  readonly threshold: number;
  readonly labels: readonly string[];
  /** What carries the nodes' messages. Default: links of their own. */
  readonly medium?: 'links' | 'shared';
  /** Runs of the remaining layers before the gateway says it is ready. */
  readonly warmup: number;
}

export interface EdgeConfig extends NodeConfig {
  readonly role: 'edge';
  readonly listen: Endpoint;
  readonly gateway: Endpoint;
  /** Through which it connects to other nodes, where the testbed has one. */
  readonly relay?: RelayAccess;
  readonly work: Work;
  /** Empty on an edge that only steals. */
  readonly frames: readonly FrameSource[];
  /** When they arrive, counted from the start signal. */
  readonly rate: FrameRate;
  /** How many edges the trial has: warm-up computes the share of one. */
  readonly edgeCount: number;
  /** Frames that may be taken and not yet answered with detections. */
  readonly framesInFlight: number;
  /** Frames computed and thrown away before the edge says it is ready. */
  readonly warmup: number;
}

export interface HostConfig extends NodeConfig {
  readonly role: 'host';
  readonly gateway: Endpoint;
}

export type RoleConfig = GatewayConfig | EdgeConfig | HostConfig;
