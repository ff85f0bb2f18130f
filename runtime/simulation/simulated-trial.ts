/** What a simulated trial is made of. */
import type { Network } from '../model/network.ts';
import type { Grid } from '../partition/region.ts';
import type { RoleEvent } from '../roles/events.ts';
import type { FrameRate } from '../schedule/arrivals.ts';
import type { Strategy } from '../schedule/strategies.ts';
import type { Transfer } from '../schedule/transfer.ts';
import type { NetworkShape } from './network.ts';
import type { NodeLink, NodeTimes } from './node.ts';

export interface TrialEdge {
  readonly name: string;
  readonly link?: NodeLink;
  readonly times: NodeTimes;
  readonly hasOneCore: boolean;
  /** Frames that it gives. */
  readonly frames: number;
  readonly rate: FrameRate;
}

export interface TrialGateway {
  readonly name: string;
  readonly link?: NodeLink;
  readonly times: NodeTimes;
  readonly hasOneCore: boolean;
  /** The layers behind the fused ones, and detections. */
  readonly finishMs: number;
}

export interface SimulatedTrial extends NetworkShape {
  readonly network: Network;
  readonly fusedLayers: number;
  readonly grid: Grid;
  readonly strategy: Strategy;
  readonly framesInFlight: number;
  readonly transfer: Transfer;
  readonly picture?: { readonly width: number; readonly height: number };
  readonly gateway: TrialGateway;
  readonly edges: readonly TrialEdge[];
  /** Whether to keep what each node did when. */
  readonly spans: boolean;
  readonly emit?: (event: RoleEvent) => void;
}
