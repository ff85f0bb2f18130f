/**
 * What stands in a results folder, as types: `manifest.json`, a line of `trials.jsonl`, and a trace.
 * The runner writes it, reports read it; scripts of users depend on it, so fields are only ever added.
 */
import type { Detection } from '../../runtime/detect/detection.ts';
import type { LinkMeasurement } from '../../runtime/link-probe.ts';
import type { Probe } from '../../runtime/probe.ts';
import type { LinkShape } from '../../runtime/relay/config.ts';
import type {
  ClockOffset,
  NodeStatistics,
  PlanEvent,
  PlanMeasuredEvent,
  Span,
} from '../../runtime/roles/events.ts';
import type { Transfer } from '../../runtime/schedule/transfer.ts';

/** What an experiment can do to a node. */
export type FaultVerb = 'kill' | 'freeze' | 'slow' | 'cut' | 'return' | 'join';

export const FORMAT_VERSION = 1;

/** One point of an experiment's matrix. */
export interface Parameters {
  readonly edges: number;
  /** ROWSxCOLUMNS. */
  readonly grid: string;
  readonly fusedLayers: number;
  readonly strategy: string;
  readonly reuse: boolean;
  /** In which order tiles are taken; of strategies that have a choice. */
  readonly order?: string;
  /** How strips are cut over layers; of strategies that have a choice. */
  readonly align?: string;
  /** In what weights are held; absent where the experiment's file says nothing of it: float32. */
  readonly precision?: string;
  /** How many edges have frames; absent where the experiment's file says nothing of it: the first. */
  readonly sources?: number;
  /** When each source's frames come, such as `2.5fps`; absent likewise: back to back. */
  readonly rate?: string;
}

export interface FrameRecord {
  readonly source: string;
  readonly frame: number;
  /** From its arrival (back to back: when its source takes it) until its detections exist at the gateway. */
  readonly latencyMs: number;
  readonly detections: readonly Detection[];
  /** SHA-256 of the network's last map, where it detects nothing. */
  readonly mapDigest?: string;
}

export interface LostFrame {
  readonly source: string;
  readonly frame: number;
  readonly reason: string;
}

/**
 * Something that was done to a node, or befell it, and how the others got over it. Times are
 * milliseconds after the start signal.
 */
export interface RecoveryRecord {
  readonly node: string;
  /** `loss`: nobody did anything to it on purpose. */
  readonly fault: FaultVerb | 'loss';
  readonly atMs: number;
  /** When it was taken back: a node frozen for a while goes on. */
  readonly endedAtMs?: number;
  /** When the others noticed: the connection was closed, or the heartbeat stayed away. */
  readonly detectedAtMs?: number;
  /** When all that the node held had been computed again. */
  readonly recoveredAtMs?: number;
  /** When the node was there, or there again. */
  readonly joinedAtMs?: number;
  readonly tilesRecomputed: number;
}

/** What a precision costs, against float32 on the same engine, over all frames that were answered. */
export interface Accuracy {
  /** Of the raw maps that detections are made of. */
  readonly largestDifference: number;
  /** Detections of float32 that the trial has too: same class, boxes that overlap by half or more (IoU). */
  readonly detectionsMatched: number;
  /** Detections of float32. */
  readonly detectionsExpected: number;
}

/** What was used from the start signal until the last detections. */
export interface EnergyRecord {
  /** One node, this machine with all that runs on it, or all nodes on one meter. */
  readonly of: 'node' | 'machine' | 'testbed';
  /** Of a node. */
  readonly node?: string;
  /** A meter's readings, the kernel's counters of CPU packages, or an estimate from the device's profile. */
  readonly source: 'meter' | 'rapl' | 'model';
  readonly joules: number;
  /** On average. */
  readonly watts: number;
  /** Readings of the meter that count. */
  readonly samples?: number;
}

export interface VerdictReason {
  readonly code:
    | 'failed'
    | 'too-few-frames'
    | 'link-off'
    | 'output-differs'
    | 'node-lost'
    | 'swap-used'
    | 'device-off'
    | 'cpus-shared'
    | 'pinned-cpu-shared'
    | 'cpu-throttled'
    | 'cpu-hot'
    | 'clock-off';
  readonly text: string;
}

/** Whether figures can be defended: `invalid` ones enter no median, `degraded` ones do. */
export interface Verdict {
  readonly verdict: 'valid' | 'degraded' | 'invalid';
  readonly reasons: readonly VerdictReason[];
}

export type TrialStatus = 'ok' | 'degraded' | 'failed';

/** One repetition of one point. */
export interface TrialRecord {
  /** Hash of the resolved parameters, the testbed and the runtime: what `--resume` goes by. */
  readonly trial: string;
  readonly parameters: Parameters;
  readonly repetition: number;
  /** Ran to show the machine's drift, and enters no median. */
  readonly reference?: true;
  readonly status: TrialStatus;
  /** Nobody ran it: it is what a simulation expects. */
  readonly simulated?: true;
  /** What went wrong, of a failed trial. */
  readonly error?: string;
  /** Why a trial is degraded. */
  readonly reasons?: readonly string[];
  /** Absent in results of earlier versions. */
  readonly verdict?: Verdict;
  /** Wall-clock time of the start, ISO 8601. */
  readonly startedAt: string;
  /** Position in the order in which trials were run, from 0. */
  readonly order: number;
  /** From the start signal to the last detections; absent of a failed trial. */
  readonly makespanMs?: number;
  readonly throughputFps?: number;
  readonly frames: readonly FrameRecord[];
  readonly lostFrames: readonly LostFrame[];
  /** Of trials whose precision is not float32. */
  readonly accuracy?: Accuracy;
  /** In the order of their beginning; absent where nothing happened to any node. */
  readonly recoveries?: readonly RecoveryRecord[];
  readonly nodes: Readonly<Record<string, NodeStatistics>>;
  /** Absent where nothing tells of it. */
  readonly energy?: readonly EnergyRecord[];
  /** Of a strategy that plans anew while it runs: every plan, in the order of their first use. */
  readonly plans?: readonly PlanRecord[];
}

/** A plan that frames were dealt by: why, what was expected of it, and what came of it. */
export interface PlanRecord extends Omit<PlanEvent, 'event'> {
  /** Medians over its frames; absent where the gateway did not live to tell. */
  readonly measured?: Omit<PlanMeasuredEvent, 'event' | 'plan'>;
}

/** What a node was when the experiment began. */
export interface NodeFacts extends Probe {
  readonly role: 'gateway' | 'edge';
  readonly address: string;
  /** Addresses as the testbed's file has them. */
  readonly testbedAddress: string;
}

/** What the whole way between two nodes should be, both their links and all between them together. */
export interface LinkExpectation {
  readonly roundTripMs: number;
  /** Either way; absent where nothing limits it. */
  readonly rateBitsPerSecond?: number;
}

/** How a node was made as slow as a device. */
export interface EmulationFacts {
  readonly device: string;
  /** What the plain first 16 layers of YOLOv2 are to take, and took when it was measured again. */
  readonly targetMs: number;
  readonly verifiedMs: number;
  /** CPU time that they need here, and over what they are to take: what a node may use of a CPU. */
  readonly fullSpeedMs: number;
  readonly cpuQuota: number;
  /** What they took, and needed of a CPU, at every share that was tried. Absent in results of earlier versions. */
  readonly tries?: readonly {
    readonly cpuQuota: number;
    readonly tookMs: number;
    readonly cpuMs: number;
  }[];
  readonly measuredAt: string;
}

/** The way from one node to another, an edge's to the gateway mostly. */
export interface LinkFacts {
  /** Of the node's own link: the rate both ways, the rest in what the node sends. */
  readonly asked: LinkShape;
  /** The node at the other end; absent in results of earlier versions: the gateway. */
  readonly to?: string;
  readonly expected?: LinkExpectation;
  /** `tilebed shape set` has changed something of it since the testbed came up; absent: as its file has it. */
  readonly changed?: true;
  readonly measured: LinkMeasurement;
}

/** What tilebed's own relay shaped, because the kernel could not. */
export interface RelayFacts {
  readonly nodes: Readonly<Record<string, LinkShape>>;
  readonly pairs: readonly {
    readonly between: readonly [string, string];
    readonly link: LinkShape;
  }[];
  readonly medium?: LinkShape;
}

/** A file that went in beside the specs: its name, and what was in it. */
export interface Ingredient {
  readonly name: string;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: typeof FORMAT_VERSION;
  readonly experiment: {
    readonly name: string;
    readonly description?: string;
    readonly file: string;
    readonly text: string;
  };
  readonly testbed: {
    readonly name: string;
    readonly provider: string;
    readonly security: 'psk' | 'none';
    readonly file: string;
    readonly text: string;
  };
  readonly model: {
    readonly cfg: string;
    /** `synthetic:SEED`, or the file's name. */
    readonly weights: string;
    /** False of synthetic weights: detections mean nothing then, timing and memory do. */
    readonly trained: boolean;
    readonly labels: readonly string[];
  };
  /** The cfg and the pictures lie in `inputs/`, too. Absent in results of earlier versions. */
  readonly ingredients?: {
    readonly cfg: Ingredient;
    /** Absent: synthetic weights need no file. */
    readonly weights?: Ingredient;
    /** In the order of their use; empty: frames are drawn from the seed. */
    readonly pictures: readonly Ingredient[];
  };
  /** How frames and halos travelled; absent in results of earlier versions: pixels, and direct. */
  readonly transfer?: Transfer;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Orders the interleaved repetitions. */
  readonly seed: number;
  readonly repeat: number;
  readonly versions: {
    readonly tilebed: string;
    /** Hash of the runtime's bundle. */
    readonly runtime: string;
    readonly engine: string;
    readonly node: string;
    readonly commit?: string;
  };
  readonly host: Probe;
  readonly nodes: Readonly<Record<string, NodeFacts>>;
  /** Of ways that are shaped, measured before the first trial: by edge, or as `edge0-edge1`. */
  readonly links?: Readonly<Record<string, LinkFacts>>;
  /** Where nodes were connected through a relay. */
  readonly relay?: RelayFacts;
  /** How many times faster than real everything ran; absent: 1. Reports divide it out. */
  readonly timeScale?: number;
  /** Of nodes that emulate a device. */
  readonly emulation?: Readonly<Record<string, EmulationFacts>>;
  /** The gateway's clock minus each node's, as the latest trial has estimated it. */
  readonly clockOffsets?: Readonly<Record<string, ClockOffset>>;
  /** Nothing was run: where the simulation has its times from. */
  readonly simulated?: string;
  readonly warnings: readonly string[];
}

/** Times are on the gateway's clock, in milliseconds after the start signal. */
export interface TraceSpan extends Span {
  readonly node: string;
}

export interface Trace {
  readonly trial: string;
  readonly repetition: number;
  /** How far each node's times may be off. */
  readonly clockErrorMs: Readonly<Record<string, number>>;
  readonly spans: readonly TraceSpan[];
}
