/**
 * A simulated node's processor and its links. The role's thread does one thing after the other: it reads,
 * cuts, sends and takes. On a device of one core it takes that time from what is being computed.
 */
import type { EventQueue } from './event-queue.ts';

/** Milliseconds of a node's own. */
export interface NodeTimes {
  /** What a message costs its sender, and its receiver. */
  readonly messageMs: number;
  readonly messageMsPerByte: number;
  readonly readMs: number;
  /** To cut a tile or part out of a frame. */
  readonly cutMs: number;
  /** Of each fused layer over its whole map. */
  readonly layerMs: readonly number[];
  /** Of a run, beside its layers. */
  readonly runMs: number;
  /** Until a node that computes, or just has, comes to look at a message or to send one. */
  readonly answerMs: number;
}

export interface NodeLink {
  readonly rateBitsPerSecond?: number;
  readonly delayMs?: number;
}

export class SimulatedNode {
  readonly name: string;
  readonly times: NodeTimes;
  readonly link: NodeLink;
  readonly #events: EventQueue;
  readonly #hasOneCore: boolean;
  #busyUntilMs = 0;
  /** What the role's thread has taken from the run under way. */
  #owedMs = 0;
  #computing = false;
  #computedAtMs = Number.NEGATIVE_INFINITY;
  /** Messages are looked at, and sent, in their order. */
  #lookedAtMs = 0;
  /** When each way of the link is free. */
  sendsAtMs = 0;
  takesAtMs = 0;
  computeMs = 0;
  bytesSent = 0;
  bytesReceived = 0;
  receivedHalos = 0;
  readonly sentByKind: Record<string, { messages: number; bytes: number }> = {};

  constructor(
    name: string,
    events: EventQueue,
    times: NodeTimes,
    { link = {}, hasOneCore }: { readonly link?: NodeLink; readonly hasOneCore: boolean },
  ) {
    this.name = name;
    this.times = times;
    this.link = link;
    this.#events = events;
    this.#hasOneCore = hasOneCore;
  }

  /** The role's thread is busy for so long. @returns when it is done */
  work(ms: number): number {
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#events.nowMs()) + ms;
    if (this.#hasOneCore && this.#computing) this.#owedMs += ms;
    return this.#busyUntilMs;
  }

  /** A message takes so much of the role's thread. @returns when it has been looked at, or is on its way */
  handle(ms: number): number {
    const { answerMs } = this.times;
    const hasPause = this.#computing || this.#events.nowMs() - this.#computedAtMs < answerMs;
    const doneMs = this.work(ms) + (hasPause ? answerMs : 0);
    this.#lookedAtMs = Math.max(this.#lookedAtMs, doneMs);
    return this.#lookedAtMs;
  }

  /** The role's thread does something for so long, then goes on with what follows from it. */
  later(ms: number, happen: () => void): void {
    this.#events.at(this.work(ms), happen);
  }

  /** A run of so many milliseconds, where nothing comes between. */
  compute(ms: number, done: (startMs: number, endMs: number) => void): void {
    const startMs = Math.max(this.#events.nowMs(), this.#hasOneCore ? this.#busyUntilMs : 0);
    this.#computing = true;
    this.#owedMs = 0;
    const finish = () => {
      const nowMs = this.#events.nowMs();
      if (this.#owedMs > 0) {
        const owedMs = this.#owedMs;
        this.#owedMs = 0;
        this.#events.at(nowMs + owedMs, finish);
        return;
      }
      this.#computing = false;
      this.#computedAtMs = nowMs;
      this.computeMs += nowMs - startMs;
      done(startMs, nowMs);
    };
    this.#events.at(startMs + ms, finish);
  }

  count(kind: string, bytes: number): void {
    this.bytesSent += bytes;
    this.sentByKind[kind] ??= { messages: 0, bytes: 0 };
    this.sentByKind[kind].messages++;
    this.sentByKind[kind].bytes += bytes;
  }
}
