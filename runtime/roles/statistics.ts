/** What a role counts, and the figures that the operating system holds of it. */
import { readFileSync } from 'node:fs';
import type { EngineBytes } from '../engine/engine.ts';
import { TilebedError } from '../errors.ts';
import { Traffic } from '../net/traffic.ts';
import type { QueueReport } from '../schedule/arrival-queue.ts';
import type { Role } from './config.ts';
import type { NodeStatistics, Span } from './events.ts';
import { SpanLog } from './span-log.ts';

export class Statistics {
  readonly traffic = new Traffic();
  readonly #spans = new SpanLog();
  readonly #role: Role;
  engineBytes: EngineBytes = { weights: 0, activations: 0 };
  tilesComputed = 0;
  multiplyAccumulates = 0;
  #computeMs = 0;
  tilesStolen = 0;
  tilesReissued = 0;
  haloBytesReused = 0;
  haloBytesReceived = 0;
  peersRefused = 0;
  /** Asked at the end; a source sets it. */
  queueReport: () => QueueReport | undefined = () => undefined;

  constructor(role: Role) {
    this.#role = role;
  }

  span(span: Span): void {
    if (span.kind === 'compute') this.#computeMs += span.endMs - span.startMs;
    this.#spans.add(span);
  }

  spans(): readonly Span[] {
    return this.#spans.spans();
  }

  /** Counts a peer that was dropped because of what it said. */
  countRefusal(error: Error | undefined): void {
    if (error instanceof TilebedError && error.code === 'PROTOCOL') this.peersRefused++;
  }

  snapshot(): NodeStatistics {
    const { user, system } = process.cpuUsage();
    const queue = this.queueReport();
    const swapBytes = statusBytes('VmSwap');
    return {
      role: this.#role,
      peakRssBytes: peakRssBytes(),
      ...(swapBytes ? { swapBytes } : {}),
      engineBytes: this.engineBytes.weights + this.engineBytes.activations,
      cpuSeconds: (user + system) / 1e6,
      bytesSent: this.traffic.sentBytes,
      bytesReceived: this.traffic.receivedBytes,
      sentByKind: this.traffic.sentByKind,
      tilesComputed: this.tilesComputed,
      computeMs: this.#computeMs,
      multiplyAccumulates: this.multiplyAccumulates,
      tilesStolen: this.tilesStolen,
      tilesReissued: this.tilesReissued,
      haloBytesReused: this.haloBytesReused,
      haloBytesReceived: this.haloBytesReceived,
      peersRefused: this.peersRefused,
      ...(queue === undefined ? {} : { queue }),
    };
  }
}

/** The process' largest resident set so far: VmHWM, or what getrusage says where there is no /proc. */
export function peakRssBytes(): number {
  return statusBytes('VmHWM') ?? process.resourceUsage().maxRSS * 1024;
}

function statusBytes(name: 'VmHWM' | 'VmSwap'): number | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status);
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    // No /proc on this system.
    return undefined;
  }
}
