/** Gathers a repetition's events into its record and its trace. Pure: events in, data out. */
import type { ClockOffset, NodeStatistics, RoleEvent, Span } from '../../runtime/roles/events.ts';
import type {
  FrameRecord,
  LostFrame,
  PlanRecord,
  Trace,
  TraceSpan,
  TrialRecord,
} from '../results/format.ts';
import type { NodeFault } from '../spec/resolved.ts';
import type { FaultNotes } from './fault-injector.ts';
import type { Repetition } from './plan.ts';
import { Recoveries } from './recoveries.ts';

interface NodeTrace {
  readonly clock: ClockOffset;
  readonly spans: readonly Span[];
}

export class TrialJournal implements FaultNotes {
  readonly #repetition: Repetition;
  readonly #frames: FrameRecord[] = [];
  readonly #lostFrames: LostFrame[] = [];
  readonly #nodes = new Map<string, NodeStatistics>();
  readonly #traces = new Map<string, NodeTrace>();
  readonly #reasons: string[];
  readonly #recoveries = new Recoveries();
  readonly #plans: PlanRecord[] = [];
  #startedAtMs: number | undefined;
  #makespanMs: number | undefined;
  #error: string | undefined;

  /** @param reasons why the trial is degraded from the start, such as a limit that cannot be set */
  constructor(repetition: Repetition, reasons: readonly string[]) {
    this.#repetition = repetition;
    this.#reasons = [...reasons];
  }

  get finished(): boolean {
    return this.#makespanMs !== undefined;
  }

  get framesDone(): number {
    return this.#frames.length;
  }

  add(node: string, event: RoleEvent): void {
    switch (event.event) {
      case 'started':
        this.#startedAtMs = event.atMs;
        break;
      case 'frame': {
        const { event: _, ...answered } = event;
        this.#frames.push(answered);
        break;
      }
      case 'frame-lost': {
        const { source, frame, reason } = event;
        this.#lostFrames.push({ source, frame, reason });
        break;
      }
      case 'node-lost':
        this.#reasons.push(`${event.node} was lost: ${event.reason}`);
        this.#recoveries.add(event, this.#afterStart(event.atMs));
        break;
      case 'node-joined':
      case 'tiles-reissued':
      case 'tiles-recomputed':
        this.#recoveries.add(event, this.#afterStart(event.atMs));
        break;
      case 'finished':
        this.#makespanMs = event.makespanMs;
        break;
      case 'statistics': {
        const { statistics, clock, spans } = event;
        this.#nodes.set(node, statistics);
        this.#traces.set(node, { clock, spans });
        break;
      }
      case 'plan': {
        const { event: _, ...plan } = event;
        this.#plans.push(plan);
        break;
      }
      case 'plan-measured': {
        const { event: _, plan, ...measured } = event;
        const at = this.#plans.findIndex((one) => one.plan === plan);
        if (at >= 0) this.#plans[at] = { ...this.#plans[at]!, measured };
        break;
      }
      case 'ready':
      case 'error':
        break;
      default:
        event satisfies never;
    }
  }

  begun(fault: NodeFault, atMs: number): void {
    this.#recoveries.begun(fault, atMs);
  }

  ended(fault: NodeFault, atMs: number): void {
    this.#recoveries.ended(fault, atMs);
  }

  /** True of a node that was given up and has not come back. */
  isLost(node: string): boolean {
    return this.#recoveries.isLost(node);
  }

  degrade(reason: string): void {
    this.#reasons.push(reason);
  }

  fail(error: string): void {
    this.#error = error;
  }

  record(startedAt: string, order: number): TrialRecord {
    const { trial, parameters, repetition, reference } = this.#repetition;
    const degraded = this.#reasons.length > 0 || this.#lostFrames.length > 0;
    const makespanMs = this.#error === undefined ? this.#makespanMs : undefined;
    const recoveries = this.#recoveries.records();
    return {
      trial,
      parameters,
      repetition,
      ...(reference === undefined ? {} : { reference }),
      status: this.#error !== undefined ? 'failed' : degraded ? 'degraded' : 'ok',
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#reasons.length === 0 ? {} : { reasons: this.#reasons }),
      startedAt,
      order,
      ...(makespanMs === undefined
        ? {}
        : { makespanMs, throughputFps: (1000 * this.#frames.length) / makespanMs }),
      frames: this.#frames.toSorted(byFrame),
      lostFrames: this.#lostFrames.toSorted(byFrame),
      ...(recoveries.length === 0 ? {} : { recoveries }),
      nodes: Object.fromEntries([...this.#nodes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      ...(this.#plans.length === 0 ? {} : { plans: this.#plans }),
    };
  }

  /** Of the nodes that lived to report. */
  clockOffsets(): Readonly<Record<string, ClockOffset>> {
    return Object.fromEntries([...this.#traces].map(([node, { clock }]) => [node, clock]));
  }

  /** All nodes' spans on the gateway's clock, from the start signal on. */
  trace(): Trace {
    const { trial, repetition } = this.#repetition;
    const spans = [...this.#traces].flatMap(([node, { clock, spans }]) =>
      spans.map(
        (span): TraceSpan => ({
          ...span,
          node,
          startMs: this.#afterStart(span.startMs + clock.offsetMs),
          endMs: this.#afterStart(span.endMs + clock.offsetMs),
        }),
      ),
    );
    return {
      trial,
      repetition,
      clockErrorMs: Object.fromEntries(
        [...this.#traces].map(([node, { clock }]) => [node, clock.errorMs]),
      ),
      spans: spans.toSorted((a, b) => a.startMs - b.startMs),
    };
  }

  /** A time of the gateway's clock, after the start signal. */
  #afterStart(atMs: number): number {
    return roundToMicroseconds(atMs - (this.#startedAtMs ?? 0));
  }
}

type Numbered = Pick<FrameRecord, 'source' | 'frame'>;

function byFrame(a: Numbered, b: Numbered): number {
  return a.source === b.source ? a.frame - b.frame : a.source < b.source ? -1 : 1;
}

function roundToMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
