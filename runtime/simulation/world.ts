/** What simulated nodes find around them: time, a network, devices, and somebody who takes notes. */
import type { Transfer } from '../net/frame.ts';
import type { FrameId } from '../schedule/collector.ts';
import type { End } from './connection.ts';
import type { EventQueue } from './event-queue.ts';

export interface GatewayWorld {
  readonly events: EventQueue;
  /** Runs the layers behind the fused ones, then calls. */
  finish(id: FrameId, done: () => void): void;
  /** Of the way from an edge to here. */
  delayMs(edge: string): number;
  /** How fast a large payload came; undefined where nobody measures that. */
  transferOf(edge: string, signal: { readonly kind: string }): Transfer | undefined;
  /** A tile or part counts from now on. */
  merged(edge: string, id: FrameId, tile: number): void;
  /** The frame's detections exist. */
  finished(id: FrameId, arrivedAtMs: number): void;
}

/** @typeParam Signal what nodes say to each other */
export interface EdgeWorld<Signal> {
  readonly events: EventQueue;
  joinGateway(edge: string): End<Signal>;
  /** Undefined where nobody answers. */
  connectTo(peer: string, from: string): End<Signal> | undefined;
  /** After so long a peer that does not answer is given up. */
  patienceMs(): number;
  /** Until an edge that was given up comes back. */
  rejoinMs(): number;
}

/** @typeParam Task what is computed in one run */
export interface Device<Task> {
  /** Reads the source's next frame, then calls. */
  read(done: () => void): void;
  /** Cuts the task's part out of a frame, beside whatever else it does. */
  cut(task: Task): void;
  /** Calls when the task is computed; one at a time. */
  compute(task: Task, done: (startMs: number, endMs: number) => void): void;
}
