/** What every role has: a way to tell its starter things, and an end. */
import { monotonicMs } from '../clock.ts';
import { type Listener, type ListenOptions, listen } from '../net/listen.ts';
import type { EdgeConfig, GatewayConfig } from './config.ts';
import type { ClockOffset, RoleEvent } from './events.ts';
import type { Statistics } from './statistics.ts';

export interface RoleContext {
  /** Tells whoever started the role. */
  readonly emit: (event: RoleEvent) => void;
  /** Diagnostics, one line each. */
  readonly log: (line: string) => void;
  /** Aborted when the starter is gone or wants the role to end. */
  readonly signal: AbortSignal;
}

/** The gateway's own clock is the one that others are compared with. */
export const OWN_CLOCK: ClockOffset = { offsetMs: 0, errorMs: 0 };

/** Opens the role's own port; strangers are counted and logged. */
export function listenAs(
  { listen: endpoint, security, run }: GatewayConfig | EdgeConfig,
  { log }: RoleContext,
  statistics: Statistics,
  peers: Pick<ListenOptions, 'limits' | 'admit' | 'onPeer'>,
): Promise<Listener> {
  return listen({
    ...peers,
    endpoint,
    security,
    run,
    traffic: statistics.traffic,
    onRefused: (reason) => {
      statistics.peersRefused++;
      log(`refused a connection: ${reason}`);
    },
  });
}

export function emitStatistics(
  context: RoleContext,
  statistics: Statistics,
  clock: ClockOffset,
): void {
  context.emit({
    event: 'statistics',
    statistics: statistics.snapshot(),
    clock,
    spans: statistics.spans(),
  });
}

/** Runs a piece of work and notes how long it took. */
export function timed<Result>(work: () => Result): {
  result: Result;
  startMs: number;
  endMs: number;
} {
  const startMs = monotonicMs();
  const result = work();
  return { result, startMs, endMs: monotonicMs() };
}
