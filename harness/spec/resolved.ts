/**
 * Testbeds and experiments after validation: units converted, defaults filled in, paths absolute.
 * Everything behind `spec/` works with these and never sees YAML.
 */
import type { Precision } from '../../runtime/model/precision.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import type { LinkShape, RelayedPair } from '../../runtime/relay/config.ts';
import type { Strategy } from '../../runtime/schedule/strategies.ts';
import type { Transfer } from '../../runtime/schedule/transfer.ts';
import type { FaultVerb, Parameters } from '../results/format.ts';
import type { Rate } from './rate.ts';
import type { ProviderName } from './testbed.ts';

export type { ProviderName };

/** A node's connection to all others: the rate both ways, the rest in what the node sends. */
export type Link = LinkShape;

/** What lies between two nodes beside their own links: everything holds in each direction. */
export type PairLink = RelayedPair;

/** Tells watts: by a command's lines, or by a file. */
export interface Meter {
  readonly command?: readonly string[];
  /** Absolute path. */
  readonly file?: string;
  /** Between readings; a command that goes on has its own. */
  readonly intervalMs: number;
  readonly wattsPerUnit: number;
}

/** What a device uses when idle, and with one core busy. */
export interface DevicePower {
  readonly idleWatts: number;
  readonly busyWatts: number;
}

export interface TestbedNode {
  readonly name: string;
  readonly role: 'gateway' | 'edge';
  readonly address: string;
  /** Where it is not the testbed's. */
  readonly provider?: ProviderName;
  /** Of several Docker engines the one that it is to be on. */
  readonly host?: string;
  readonly device?: string;
  /**
   * Of a device that is emulated here: what the plain first 16 layers of YOLOv2 take on one core, in
   * milliseconds of this machine, time scale included.
   */
  readonly plainMs?: number;
  /** Of the same: how many times longer than here all other work takes; absent: as much as the layers. */
  readonly otherTimes?: number;
  readonly cpus?: readonly number[];
  /** CPU time that it may use, in CPUs: 0.25 is a quarter of one. */
  readonly cpuQuota?: number;
  readonly memoryBytes?: number;
  /** The testbed's, with what the node's own says otherwise. */
  readonly link?: Link;
  readonly meter?: Meter;
  /** Of its device, where that is known. */
  readonly power?: DevicePower;
}

export interface Testbed {
  readonly name: string;
  readonly description?: string;
  /** Absolute path of the file it came from; state lies beside it, in `.tilebed/NAME/`. */
  readonly file: string;
  readonly text: string;
  readonly seed: number;
  readonly provider: ProviderName;
  /** Where nodes of its own provider are. */
  readonly subnet: string;
  /** Where nodes of other providers are, if not there. */
  readonly subnets?: Readonly<Partial<Record<ProviderName, string>>>;
  readonly pairs?: readonly PairLink[];
  /** What `tilebed shape set` has changed since it came up: nodes, pairs as `edge0-edge1`, `medium`, `all`. */
  readonly changedLinks?: readonly string[];
  /** One half-duplex medium that all nodes share; its other keys hold for all that passes it. */
  readonly medium?: Link;
  /** Wishes that become a warning where they cannot be kept. */
  readonly tolerate: readonly ('pin' | 'quota' | 'memory' | 'shape' | 'delay')[];
  readonly security: 'psk' | 'none';
  /** How many times faster than real everything runs, links and devices; absent: 1. */
  readonly timeScale?: number;
  /** Of all nodes together. */
  readonly meter?: Meter;
  /** The gateway first, then the edges in the file's order, then the row of equal edges. */
  readonly nodes: readonly TestbedNode[];
  /** The provider's own block, checked by the provider. */
  readonly providerBlock: Readonly<Record<string, unknown>>;
  /** Of a testbed with nodes of several providers: their blocks. */
  readonly blocks?: Readonly<Partial<Record<ProviderName, Readonly<Record<string, unknown>>>>>;
}

export type ExperimentWeights =
  | { readonly kind: 'synthetic'; readonly seed: number }
  | { readonly kind: 'file'; readonly path: string };

/** Which edges have frames: so many from the first on, all that take part, or these. */
export type Sources = number | 'all' | readonly string[];

export interface Trial {
  readonly parameters: Parameters;
  readonly grid: Grid;
  readonly strategy: Strategy;
  readonly precision: Precision;
  readonly sources: Sources;
  readonly rate: Rate;
}

/** Something that is done to a node on purpose. */
export interface NodeFault {
  readonly verb: FaultVerb;
  readonly node: string;
  /** After the start signal. */
  readonly atMs: number;
  /** After which it is undone; without it, at the trial's end. Of `freeze`, `slow` and `cut`. */
  readonly forMs?: number;
  /** The share of its CPUs that a slowed node keeps, 0 to 1. */
  readonly share?: number;
}

export interface Experiment {
  readonly name: string;
  readonly description?: string;
  readonly file: string;
  readonly text: string;
  readonly seed: number;
  /** Absolute path, where the file names one. */
  readonly testbedFile?: string;
  readonly model: {
    readonly cfg: string;
    readonly weights: ExperimentWeights;
    readonly labels: readonly string[];
  };
  readonly frames: {
    readonly count: number;
    /** Absolute paths of the pictures, sorted by name and used in turn; empty: generated frames. */
    readonly images: readonly string[];
  };
  /** Every point of the matrix. */
  readonly trials: readonly Trial[];
  readonly engine: string;
  readonly threshold: number;
  readonly framesInFlight: number;
  readonly transfer: Transfer;
  readonly repeat: number;
  /** After so many repetitions the first trial runs again, for the drift; absent: never. */
  readonly referenceEvery?: number;
  readonly warmup: number;
  readonly timeoutMs: number;
  readonly liveness: { readonly heartbeatMs: number; readonly lostAfterMs: number };
  readonly faults: readonly NodeFault[];
}
