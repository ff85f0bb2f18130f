/**
 * Measures a link between two nodes over one TCP connection: round trips of single bytes, then a stream
 * one way and the other. It tells what a link really is beside what was asked for.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { TilebedError } from './errors.ts';
import { median } from './quantiles.ts';
import type { RelayAccess } from './relay/config.ts';
import { connectThrough } from './relay/greeting.ts';

export interface LinkMeasurement {
  /** The median of some round trips. */
  readonly roundTripMs: number;
  readonly sendBitsPerSecond: number;
  readonly receiveBitsPerSecond: number;
}

const ROUND_TRIPS = 11;
const CHUNK = Buffer.alloc(65_536);
export const MAX_PROBE_BYTES = 2 ** 28;
/** The first part of a stream fills buffers and buckets, and says nothing of the rate. */
const SETTLING_PART = 0.25;
const PATIENCE_MS = 30_000;

/** Answers probes at that address; resolves with the port that the system chose. */
export function serveLinkProbes(address: string): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    void serve(socket).catch(() => socket.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
}

/**
 * @param bytes how many to stream each way
 * @param relay through which nodes connect, where the testbed has one
 * Rejects with a TilebedError (FAILED) when the other end does not answer.
 */
export async function measureLink(
  address: string,
  port: number,
  bytes: number,
  relay?: RelayAccess,
): Promise<LinkMeasurement> {
  const socket =
    relay === undefined
      ? connect({ host: address, port, noDelay: true })
      : await connectThrough(relay, { address, port });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')));
  try {
    const reader = new Reader(socket);
    const trips: number[] = [];
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      const before = performance.now();
      socket.write('p');
      await reader.skip(1);
      trips.push(performance.now() - before);
    }
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes);
    socket.write(Buffer.concat([Buffer.from('s'), size]));
    await send(socket, bytes);
    const sendBitsPerSecond = (await reader.take(8)).readDoubleBE();
    socket.write(Buffer.concat([Buffer.from('r'), size]));
    const receiveBitsPerSecond = await reader.rateOf(bytes);
    return { roundTripMs: median(trips), sendBitsPerSecond, receiveBitsPerSecond };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TilebedError('FAILED', `cannot measure the link to ${address}: ${reason}`, { cause });
  } finally {
    socket.destroy();
  }
}

/**
 * The verbs of `main.ts`: serves until standard input closes, or measures once, through the relay that
 * standard input names, if any: whoever may see a command line must not learn of it.
 */
export async function probeLinks(args: readonly string[]): Promise<void> {
  const [address = '', port, bytes] = args;
  if (port === undefined) {
    createInterface({ input: process.stdin }).once('close', () => process.exit(0));
    process.stdout.write(`${await serveLinkProbes(address)}\n`);
    return;
  }
  const named = (await text(process.stdin)).trim();
  const relay = named === '' ? undefined : (JSON.parse(named) as RelayAccess);
  const measured = await measureLink(address, Number(port), Number(bytes), relay);
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}

async function serve(socket: Socket): Promise<void> {
  const reader = new Reader(socket);
  for (;;) {
    const verb = (await reader.take(1)).toString();
    if (verb === 'p') socket.write('p');
    else {
      const bytes = (await reader.take(4)).readUInt32BE();
      if (bytes > MAX_PROBE_BYTES || (verb !== 's' && verb !== 'r')) throw new Error('no probe');
      if (verb === 's') {
        const rate = Buffer.alloc(8);
        rate.writeDoubleBE(await reader.rateOf(bytes));
        socket.write(rate);
      } else await send(socket, bytes);
    }
  }
}

async function send(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (socket.write(CHUNK.subarray(0, Math.min(left, CHUNK.length)))) continue;
    await new Promise<void>((resolve, reject) => {
      socket.once('drain', resolve);
      socket.once('close', () => reject(new Error('the connection was closed')));
    });
  }
}

/** Takes bytes from a socket as they are wanted; what is not wanted yet waits in the kernel. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#rest.length < bytes) this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async skip(bytes: number): Promise<void> {
    let left = bytes - this.#rest.length;
    this.#rest = this.#rest.subarray(Math.min(bytes, this.#rest.length));
    while (left > 0) {
      const chunk = await this.#next();
      this.#rest = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length;
    }
  }

  /** Takes that many bytes and tells their rate, in bits per second, once it has settled. */
  async rateOf(bytes: number): Promise<number> {
    const settling = Math.floor(bytes * SETTLING_PART);
    await this.skip(settling);
    const before = performance.now();
    await this.skip(bytes - settling);
    return (8 * (bytes - settling) * 1000) / (performance.now() - before);
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw new Error('the connection was closed');
    return value;
  }
}
