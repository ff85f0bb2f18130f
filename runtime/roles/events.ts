/**
 * What a role tells whoever started it: one JSON object a line on standard output, and nothing else
 * there. Standard error is the log. Times are milliseconds of the node's monotonic clock unless they
 * say otherwise.
 */
import type { Detection } from '../detect/detection.ts';
import type { KindTraffic } from '../net/traffic.ts';
import type { QueueReport } from '../schedule/arrival-queue.ts';
import type { Thermal } from '../thermal.ts';
import type { Role } from './config.ts';

/** A stretch of time that a node spent on one thing: the raw material of the timeline. */
export interface Span {
  readonly kind: 'cut' | 'compute' | 'transfer' | 'fetch' | 'merge' | 'finish' | 'detect';
  readonly startMs: number;
  readonly endMs: number;
  readonly source?: string;
  readonly frame?: number;
  readonly tile?: number;
  /** Of work that is dealt out: the stage that the part belongs to, or that reads the piece. */
  readonly stage?: number;
  /** Whom a tile was stolen from, its halos were fetched from, or it was sent to. */
  readonly peer?: string;
}

export interface NodeStatistics {
  readonly role: Role;
  /** VmHWM of the process. */
  readonly peakRssBytes: number;
  /** VmSwap of the process at its end; absent where none was used. */
  readonly swapBytes?: number;
  /** What the engine holds: weights and the largest layer's input and output. */
  readonly engineBytes: number;
  readonly cpuSeconds: number;
  /** Bytes of tilebed's frames, headers included, before encryption. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** What `bytesSent` consists of, by kind of message. */
  readonly sentByKind: Readonly<Record<string, KindTraffic>>;
  readonly tilesComputed: number;
  /** Time in the engine for these tiles, */
  readonly computeMs: number;
  /** and the operations that they came to, halos computed anew included. */
  readonly multiplyAccumulates: number;
  /** Tiles computed here that another edge's frame was cut into. */
  readonly tilesStolen: number;
  /** Tiles of this source that were given out again because an edge was lost. */
  readonly tilesReissued: number;
  /** Values of neighbouring tiles that were used here instead of being computed again; */
  readonly haloBytesReused: number;
  /** of these, what came from other edges. */
  readonly haloBytesReceived: number;
  /** Connections refused: wrong key, garbage, oversized or malformed frames. */
  readonly peersRefused: number;
  /** Of its machine; absent where that tells nothing. */
  readonly thermal?: Thermal;
  /** Frames that had arrived and were not taken yet; of a source whose frames come at a rate. */
  readonly queue?: QueueReport;
}

/** The gateway's clock minus this node's, and half the round trip of the best of its samples. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly errorMs: number;
}

/** The gateway deals frames by another plan from this frame on, and why. */
export interface PlanEvent {
  readonly event: 'plan';
  /** From 0, in the order of their first use. */
  readonly plan: number;
  readonly source: string;
  readonly frame: number;
  readonly why: string;
  /** What it was chosen for: a frame's latency, or the interval between frames that queue. */
  readonly objective: 'latency' | 'interval';
  readonly route: 'direct' | 'gateway';
  /** From the deal until the last fused map is at the gateway. */
  readonly predictedLatencyMs: number;
  readonly predictedIntervalMs: number;
  readonly stages: readonly {
    /** First layer, and one past the last. */
    readonly from: number;
    readonly to: number;
    /** Who computes which cell of the stage's output map, as far as its size. */
    readonly parts: readonly {
      readonly edge: string;
      readonly width: number;
      readonly height: number;
    }[];
  }[];
  /** As they were known then. */
  readonly edges: readonly {
    readonly name: string;
    /** All fused layers of a frame, alone. */
    readonly frameMs?: number;
    readonly rateBitsPerSecond?: number;
    readonly delayMs?: number;
  }[];
}

/** What a plan's frames took: medians. */
export interface PlanMeasuredEvent {
  readonly event: 'plan-measured';
  readonly plan: number;
  readonly frames: number;
  readonly latencyMs: number;
  /** Absent where no two of its frames were under way at once. */
  readonly intervalMs?: number;
}

export type RoleEvent =
  | PlanEvent
  | PlanMeasuredEvent
  | {
      readonly event: 'ready';
      readonly address: string;
      readonly port: number;
      readonly pid: number;
    }
  | { readonly event: 'started'; readonly atMs: number }
  | {
      readonly event: 'frame';
      readonly source: string;
      readonly frame: number;
      readonly latencyMs: number;
      readonly detections: readonly Detection[];
      /** SHA-256 of the network's last map, where it detects nothing. */
      readonly mapDigest?: string;
    }
  | {
      readonly event: 'frame-lost';
      readonly source: string;
      readonly frame: number;
      readonly reason: string;
    }
  | {
      readonly event: 'node-lost';
      readonly node: string;
      readonly reason: string;
      /** On the gateway's clock. */
      readonly atMs: number;
    }
  /** After the start signal: a node that was not there, or comes back. */
  | {
      readonly event: 'node-joined';
      readonly node: string;
      /** On the gateway's clock. */
      readonly atMs: number;
    }
  | {
      /** Tiles that a node held go out again, or have been computed again. */
      readonly event: 'tiles-reissued' | 'tiles-recomputed';
      /** The node that was lost. */
      readonly node: string;
      readonly tiles: number;
      /** On the gateway's clock. */
      readonly atMs: number;
    }
  | {
      readonly event: 'finished';
      /** From the start signal to the last frame's detections, on the gateway's clock. */
      readonly makespanMs: number;
    }
  | {
      readonly event: 'statistics';
      readonly statistics: NodeStatistics;
      readonly clock: ClockOffset;
      readonly spans: readonly Span[];
    }
  | {
      readonly event: 'error';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    };
