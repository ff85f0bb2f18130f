/**
 * Accepts peers on one address. A connection counts as a peer only after the handshake: with TLS the
 * key, then a `hello` of this protocol version and this run. Everything else is closed, counted, and
 * touches nobody else.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { TilebedError } from '../errors.ts';
import type { Security } from '../roles/config.ts';
import type { Endpoint } from './endpoint.ts';
import type { FrameLimits } from './frame.ts';
import type { MessageOf } from './messages.ts';
import { serverTls } from './security.ts';
import { PeerSession } from './session.ts';
import type { Traffic } from './traffic.ts';

export const PROTOCOL_VERSION = 1;
const HANDSHAKE_MS = 5000;
/** Strangers that may be in the middle of a handshake at once. */
const MAX_STRANGERS = 64;
const HELLO_ONLY: FrameLimits = { allows: (kind) => kind === 'hello', payloadBytes: 0 };

export interface ListenOptions {
  readonly endpoint: Endpoint;
  readonly security: Security;
  readonly run: string;
  readonly traffic: Traffic;
  readonly limits: FrameLimits;
  /** Decides about a peer whose handshake is sound; a text refuses it, and is sent to it. */
  readonly admit: (hello: MessageOf<'hello'>) => string | undefined;
  /** Takes the session over; it is welcome already. */
  readonly onPeer: (session: PeerSession, hello: MessageOf<'hello'>) => void;
  readonly onRefused: (reason: string) => void;
}

export interface Listener {
  readonly endpoint: Endpoint;
  close(): void;
}

/** Rejects with a TilebedError (FAILED) when the address cannot be bound. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const identities = new WeakMap<Socket, string>();
  const strangers = new Map<string, Socket>();
  const { security } = options;
  const server: Server =
    security.kind === 'none'
      ? createServer((socket) => greet(socket, options, strangers, undefined))
      : createTlsServer(
          {
            ...serverTls(security, (socket, identity) => identities.set(socket, identity)),
            handshakeTimeout: HANDSHAKE_MS,
          },
          (socket) => greet(socket, options, strangers, identities.get(socket)),
        );
  server.on('connection', (socket: Socket) => {
    // A peer's handshake takes moments: of a crowd, whoever has said nothing for longest has to go.
    if (strangers.size >= MAX_STRANGERS) dropOldest(strangers);
    const key = peerKey(socket);
    strangers.set(key, socket);
    socket.once('close', () => {
      if (strangers.get(key) === socket) strangers.delete(key);
    });
    // A stranger may send anything and leave at any time: that is no event of ours.
    socket.on('error', () => socket.destroy());
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    options.onRefused(`no TLS handshake: ${error.message}`);
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    const { address, port } = options.endpoint;
    server.once('error', (cause) =>
      reject(
        new TilebedError('FAILED', `cannot listen on ${address}:${port}: ${cause.message}`, {
          cause,
        }),
      ),
    );
    server.listen({ host: address, port, exclusive: true }, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP address');
  return {
    endpoint: { address: bound.address, port: bound.port },
    close: () => {
      server.close();
      for (const stranger of strangers.values()) stranger.destroy();
    },
  };
}

function greet(
  socket: Socket,
  options: ListenOptions,
  strangers: Map<string, Socket>,
  identity: string | undefined,
): void {
  const session = new PeerSession(socket, HELLO_ONLY, options.traffic);
  const deadline = setTimeout(() => refuse('said no hello in time'), HANDSHAKE_MS);
  let greeted = false;
  const refuse = (reason: string) => {
    clearTimeout(deadline);
    if (greeted) return;
    greeted = true;
    options.onRefused(reason);
    void session.send({ kind: 'refused', reason });
    session.end();
    setTimeout(() => session.destroy(), 1000).unref();
  };
  session.handle({
    onFrame: ({ message }) => {
      if (message.kind !== 'hello' || greeted) return;
      const fault = helloFault(message, options, identity);
      if (fault !== undefined) return refuse(fault);
      clearTimeout(deadline);
      greeted = true;
      strangers.delete(peerKey(socket));
      session.setLimits(options.limits);
      void session.send({ kind: 'welcome' });
      options.onPeer(session, message);
    },
    onClose: (error) => {
      clearTimeout(deadline);
      if (!greeted) options.onRefused(error?.message ?? 'left before it said hello');
    },
  });
}

function dropOldest(strangers: Map<string, Socket>): void {
  for (const [key, socket] of strangers) {
    strangers.delete(key);
    socket.destroy(new Error('too many connections without a handshake'));
    return;
  }
}

/** A TLS socket and the TCP socket beneath it are the same peer. */
function peerKey(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

function helloFault(
  hello: MessageOf<'hello'>,
  { run, admit }: ListenOptions,
  identity: string | undefined,
): string | undefined {
  if (hello.version !== PROTOCOL_VERSION) {
    return `speaks protocol ${hello.version}, not ${PROTOCOL_VERSION}`;
  }
  if (hello.run !== run) return 'belongs to another run';
  if (identity !== undefined && identity !== hello.name) return "says a name that is not its key's";
  return admit(hello);
}
