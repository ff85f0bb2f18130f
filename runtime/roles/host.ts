/** The host: gives the start signal, hears what comes of every frame, and ends the trial. */

import { monotonicMs } from '../clock.ts';
import type { Detection } from '../detect/detection.ts';
import { TilebedError } from '../errors.ts';
import { connect } from '../net/connect.ts';
import type { Frame } from '../net/frame.ts';
import type { PeerSession } from '../net/session.ts';
import type { HostConfig } from './config.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { emitStatistics, OWN_CLOCK, type RoleContext } from './role.ts';
import { Statistics } from './statistics.ts';

const GATEWAY_PATIENCE_MS = 10_000;
const HEARD_KINDS: ReadonlySet<string> = new Set([
  'welcome',
  'refused',
  'detections',
  'frameLost',
  'nodeLost',
  'nodeJoined',
  'heartbeat',
  'heartbeatReply',
  'finished',
]);

/** Resolves when the gateway has taken leave; rejects with a TilebedError (FAILED) when it is lost before. */
export async function runHost(config: HostConfig, context: RoleContext): Promise<void> {
  const statistics = new Statistics('host');
  const { gateway, security, run, name } = config;
  const session = await connect({
    endpoint: gateway,
    security,
    run,
    name,
    role: 'host',
    port: 0,
    limits: { allows: (kind) => HEARD_KINDS.has(kind), payloadBytes: Number.POSITIVE_INFINITY },
    traffic: statistics.traffic,
    patienceMs: GATEWAY_PATIENCE_MS,
    signal: context.signal,
  });
  let finished = false;
  const watch = new GatewayWatch(config.liveness);
  const heartbeat = setInterval(() => {
    const silence = watch.silence();
    if (silence !== undefined) session.destroy(silence);
    void session.send({ kind: 'heartbeat', sentAtMs: monotonicMs() });
  }, config.liveness.heartbeatMs);
  await new Promise<void>((resolve, reject) => {
    session.handle({
      onFrame: (frame) => {
        watch.heard();
        if (frame.message.kind === 'finished') finished = true;
        report(frame, session, context);
      },
      onClose: (error) => {
        if (finished) resolve();
        else
          reject(
            new TilebedError(
              'FAILED',
              `the gateway was lost: ${error?.message ?? 'it closed the connection'}`,
              { cause: error, node: 'gateway' },
            ),
          );
      },
    });
    void session.send({ kind: 'start' });
  }).finally(() => clearInterval(heartbeat));
  emitStatistics(context, statistics, OWN_CLOCK);
}

function report({ message, payload }: Frame, session: PeerSession, { emit }: RoleContext): void {
  switch (message.kind) {
    case 'detections': {
      const detections = JSON.parse(Buffer.from(payload).toString()) as Detection[];
      const { source, frame, latencyMs, mapDigest } = message;
      const digest = mapDigest === '' ? {} : { mapDigest };
      emit({ event: 'frame', source, frame, latencyMs, detections, ...digest });
      break;
    }
    case 'frameLost': {
      const { source, frame, reason } = message;
      emit({ event: 'frame-lost', source, frame, reason });
      break;
    }
    case 'nodeLost':
      emit({
        event: 'node-lost',
        node: message.name,
        reason: message.reason,
        atMs: message.lostAtMs,
      });
      break;
    case 'nodeJoined':
      emit({ event: 'node-joined', node: message.name, atMs: message.joinedAtMs });
      break;
    case 'finished':
      emit({ event: 'finished', makespanMs: message.makespanMs });
      void session.send({ kind: 'stop' });
      break;
    default:
  }
}
