/** Hosts and strangers for tests of the network, all of them closed when a test ends. */
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import type { Endpoint } from '../net/endpoint.ts';
import { encodeHead } from '../net/frame.ts';
import { PROTOCOL_VERSION } from '../net/listen.ts';
import type { MessageOf } from '../net/messages.ts';
import { Host } from './peers.ts';

const open: { destroy(): void }[] = [];

/** To be called after each test. */
export function closeAll(): void {
  for (const one of open.splice(0)) one.destroy();
}

export async function openHost(options: Parameters<typeof Host.open>[0] = {}): Promise<Host> {
  const host = await Host.open(options);
  open.push({ destroy: () => host.close() });
  return host;
}

export interface Stranger {
  readonly socket: Socket;
  /** All that was said to it. */
  bytes: Buffer;
  closed: boolean;
}

/** A connection that speaks no protocol of its own, but what it is given. */
export function stranger({ address, port }: Endpoint, bytes?: Uint8Array): Stranger {
  const socket = connectTcp({ host: address, port });
  open.push(socket);
  const heard: Stranger = { socket, bytes: Buffer.alloc(0), closed: false };
  socket.on('data', (chunk) => {
    heard.bytes = Buffer.concat([heard.bytes, chunk]);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    heard.closed = true;
  });
  if (bytes !== undefined) socket.write(bytes);
  return heard;
}

/** A server that does with its connections what it is told. */
export async function serve(onConnection: (socket: Socket) => void): Promise<Endpoint> {
  const server = createServer((socket) => {
    open.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  open.push({ destroy: () => server.close() });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP address');
  return { address: bound.address, port: bound.port };
}

export function helloBytes(fields: Partial<MessageOf<'hello'>> = {}): Buffer {
  const hello = { version: PROTOCOL_VERSION, run: 'run-1', name: 'edge0', role: 'edge', port: 0 };
  return encodeHead({ kind: 'hello', ...hello, ...fields }, 0);
}
