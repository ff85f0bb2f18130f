/**
 * The line by which a node tells a relay who it is and whom it wants: everything behind it is for the
 * other node alone, and encrypted where the testbed is.
 */
import { connect, type Socket } from 'node:net';
import { TilebedError } from '../errors.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { RelayAccess } from './config.ts';

const WORD = 'tilebed-relay';
const MOST_BYTES = 200;

export interface Greeting {
  readonly token: string;
  readonly target: Endpoint;
}

/**
 * Resolves with a connection on which bytes go to the target, once the greeting is out; one that the
 * relay refuses is closed. Rejects with a TilebedError (FAILED) when the relay does not answer.
 */
export function connectThrough(
  { address, port, token }: RelayAccess,
  target: Endpoint,
  localAddress?: string,
): Promise<Socket> {
  const socket = connect({
    host: address,
    port,
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
  });
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      const message = `the relay at ${address}:${port} does not answer: ${cause.message}`;
      reject(new TilebedError('FAILED', message, { cause }));
    };
    socket.once('error', fail);
    // Not before it is written may TLS take the connection over.
    socket.write(`${WORD} ${token} ${target.address} ${target.port}\n`, (error) => {
      socket.off('error', fail);
      if (error) fail(error);
      else resolve(socket);
    });
  });
}

/** Reads the greeting and leaves what follows it in the socket. Rejects where there is none. */
export async function readGreeting(socket: Socket): Promise<Greeting> {
  let text = Buffer.alloc(0);
  for (;;) {
    const chunk = await nextChunk(socket);
    text = Buffer.concat([text, chunk]);
    const end = text.indexOf('\n');
    if (end >= 0) {
      socket.unshift(text.subarray(end + 1));
      return parse(text.subarray(0, end).toString('latin1'));
    }
    if (text.length > MOST_BYTES) throw new Error('too long a greeting');
  }
}

function parse(line: string): Greeting {
  const [word, token = '', address = '', port = ''] = line.split(' ');
  if (word !== WORD || !/^\d{1,5}$/.test(port)) throw new Error('no greeting');
  return { token, target: { address, port: Number(port) } };
}

function nextChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      socket.off('readable', read).off('close', gone).off('end', gone);
      finish();
    };
    const gone = () => settle(() => reject(new Error('left before it greeted')));
    const read = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) settle(() => resolve(chunk));
    };
    socket.on('readable', read).once('close', gone).once('end', gone);
    read();
  });
}
