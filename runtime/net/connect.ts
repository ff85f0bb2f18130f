/** Connects to a peer and says hello; tries again while the peer is not up yet. */
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { TilebedError } from '../errors.ts';
import type { RelayAccess } from '../relay/config.ts';
import { connectThrough } from '../relay/greeting.ts';
import type { Role, Security } from '../roles/config.ts';
import type { Endpoint } from './endpoint.ts';
import type { FrameLimits } from './frame.ts';
import { PROTOCOL_VERSION } from './listen.ts';
import { clientTls } from './security.ts';
import { PeerSession } from './session.ts';
import type { Traffic } from './traffic.ts';

const ATTEMPT_MS = 5000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

export interface ConnectOptions {
  readonly endpoint: Endpoint;
  readonly security: Security;
  readonly run: string;
  readonly name: string;
  readonly role: Role;
  /** The address to connect from: a node's own, so that others see who it is. */
  readonly localAddress?: string;
  /** Through which the connection goes, where the testbed has one. */
  readonly relay?: RelayAccess;
  /** Where this peer listens itself; 0 where it does not. */
  readonly port: number;
  readonly limits: FrameLimits;
  readonly traffic: Traffic;
  /** How long to go on trying. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Resolves with a session that the peer has welcomed. Rejects with a TilebedError: FAILED when nobody
 * answers in time, PROTOCOL when the peer refuses or the key is wrong.
 */
export async function connect(options: ConnectOptions): Promise<PeerSession> {
  const giveUpAt = performance.now() + options.patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt(options);
    } catch (error) {
      if (error instanceof TilebedError && error.code === 'PROTOCOL') throw error;
      if (performance.now() + pauseMs > giveUpAt) {
        const { address, port } = options.endpoint;
        const reason = error instanceof Error ? error.message : String(error);
        throw new TilebedError('FAILED', `nobody answers at ${address}:${port}: ${reason}`, {
          cause: error,
        });
      }
    }
    await delay(pauseMs, undefined, { ...(options.signal && { signal: options.signal }) });
  }
}

async function attempt(options: ConnectOptions): Promise<PeerSession> {
  const socket = await openSocket(options);
  const session = new PeerSession(socket, options.limits, options.traffic);
  const { run, name, role, port } = options;
  void session.send({ kind: 'hello', version: PROTOCOL_VERSION, run, name, role, port });
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => session.destroy(new Error('no welcome in time')), ATTEMPT_MS);
    session.handle({
      onFrame: ({ message }) => {
        clearTimeout(timeout);
        if (message.kind === 'welcome') {
          // Whatever follows the welcome waits for its receiver.
          session.hold();
          resolve(session);
        } else if (message.kind === 'refused') {
          reject(
            new TilebedError(
              'PROTOCOL',
              `refused by ${options.endpoint.address}: ${message.reason}`,
            ),
          );
          session.destroy();
        } else
          session.destroy(new TilebedError('PROTOCOL', `${message.kind} instead of a welcome`));
      },
      onClose: (error) => {
        clearTimeout(timeout);
        reject(error ?? new Error('closed before a welcome'));
      },
    });
  });
}

async function openSocket(options: ConnectOptions): Promise<Socket> {
  const { security, name, relay, endpoint, localAddress } = options;
  if (relay !== undefined) {
    const socket = await connectThrough(relay, endpoint, localAddress);
    if (security.kind === 'none') return socket;
    return opened(connectTls({ socket, ...clientTls(security, name) }), 'secureConnect', options);
  }
  const target = {
    host: endpoint.address,
    port: endpoint.port,
    ...(localAddress !== undefined && { localAddress }),
  };
  return security.kind === 'none'
    ? opened(connectTcp(target), 'connect', options)
    : opened(connectTls({ ...target, ...clientTls(security, name) }), 'secureConnect', options);
}

function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  { signal }: ConnectOptions,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('timed out')), ATTEMPT_MS);
    const abort = () => socket.destroy(new Error('given up'));
    signal?.addEventListener('abort', abort, { once: true });
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      finish();
    };
    socket.once(event, () => settle(() => resolve(socket)));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(() => reject(keyError(error))));
  });
}

/** A wrong key fails in the handshake, where OpenSSL speaks of a bad record or a decryption. */
function keyError(error: NodeJS.ErrnoException): Error {
  if (!error.code?.startsWith('ERR_SSL')) return error;
  return new TilebedError('PROTOCOL', 'the peer does not hold the same key', { cause: error });
}
