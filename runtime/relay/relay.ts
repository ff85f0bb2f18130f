/**
 * Shapes links in user space: nodes connect to each other through this process, which forwards bytes at
 * the rate, with the delay and after the retransmissions that the link between them would have. It sees
 * nothing of what it forwards: TLS goes from node to node. Nothing but nodes' data passes it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import { TilebedError } from '../errors.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { RelayConfig, RelayedNode } from './config.ts';
import { DelayLine } from './delay-line.ts';
import { readGreeting } from './greeting.ts';
import type { LinkPath } from './path.ts';
import { LinkPaths } from './paths.ts';

const GREETING_MS = 5000;
/** How long before a piece has left the next one may be made ready: timers are coarse. */
const AHEAD_MS = 2;

export interface Relay {
  /** One for each address, in their order. */
  readonly endpoints: readonly Endpoint[];
  close(): void;
}

/** Rejects with a TilebedError (FAILED) when an address cannot be bound. */
export async function startRelay(
  config: RelayConfig,
  random: () => number = Math.random,
): Promise<Relay> {
  const paths = new LinkPaths(config, random);
  const open = new Set<Socket>();
  const onConnection = (socket: Socket) => {
    track(socket, open);
    serve(socket, config, paths, open).catch(() => socket.destroy());
  };
  const servers = await Promise.all(
    config.listen.map((address) => listenAt(address, onConnection)),
  );
  return {
    endpoints: servers.map(endpointOf),
    close: () => {
      for (const server of servers) server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function listenAt(address: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `the relay cannot listen on ${address}: ${cause.message}`;
      reject(new TilebedError('FAILED', message, { cause }));
    });
    server.listen({ host: address, port: 0 }, resolve);
  });
  return server;
}

function endpointOf(server: Server): Endpoint {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP address');
  return { address: bound.address, port: bound.port };
}

function track(socket: Socket, open: Set<Socket>): void {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  // Whatever befalls one side is told to the other by its end.
  socket.on('error', () => socket.destroy());
}

async function serve(
  socket: Socket,
  { nodes }: RelayConfig,
  paths: LinkPaths,
  open: Set<Socket>,
): Promise<void> {
  const tooLate = setTimeout(() => socket.destroy(), GREETING_MS);
  const { token, target } = await readGreeting(socket).finally(() => clearTimeout(tooLate));
  const sender = nodes.find((node) => node.token === token);
  const receiver = nodes.find(({ address }) => address === target.address);
  if (sender === undefined || receiver === undefined) throw new Error('a stranger');
  await join(socket, sender, receiver, target, paths, open);
}

async function join(
  socket: Socket,
  sender: RelayedNode,
  receiver: RelayedNode,
  { address, port }: Endpoint,
  paths: LinkPaths,
  open: Set<Socket>,
): Promise<void> {
  const there = paths.between(sender.name, receiver.name);
  // TCP's own handshake takes a round trip before anything is said.
  await delay(there.roundTripMs);
  if (socket.destroyed) return;
  const peer = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
  track(peer, open);
  await Promise.all([
    pump(socket, peer, there),
    pump(peer, socket, paths.between(receiver.name, sender.name)),
  ]);
}

/**
 * Forwards until the sender is done; then the receiver hears of that, too, but not before what was said
 * earlier: an end is as long under way as everything else.
 */
async function pump(from: Socket, to: Socket, path: LinkPath): Promise<void> {
  const line = new DelayLine(to);
  let broken = false;
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let start = 0; start < chunk.length; start += path.sliceBytes) {
        const piece = chunk.subarray(start, start + path.sliceBytes);
        const behind = chunk.length - start - piece.length;
        const { sentAtMs, arrivesAtMs } = path.cross(piece.length, behind, monotonicMs());
        line.push(piece, arrivesAtMs);
        const waitMs = sentAtMs - AHEAD_MS - monotonicMs();
        if (waitMs > 0) await delay(Math.max(1, Math.round(waitMs)));
        await line.room();
      }
    }
  } catch {
    broken = true;
  }
  const { arrivesAtMs } = path.cross(0, 0, monotonicMs());
  await line.drained();
  await delay(Math.max(0, arrivesAtMs - monotonicMs()));
  if (broken) to.destroy();
  else to.end();
}
