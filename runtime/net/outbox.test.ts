/** Peers that read slowly, or not at all, cost a bounded amount of memory and time. */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { ANYTHING, newKey, until } from '../testing/peers.ts';
import { closeAll, serve, stranger } from '../testing/strangers.ts';
import { FrameDecoder } from './frame.ts';
import type { OutboxLimits } from './outbox.ts';
import { clientTls, serverTls } from './security.ts';
import { PeerSession } from './session.ts';
import { Traffic } from './traffic.ts';

afterEach(closeAll);

const MEBIBYTE = 2 ** 20;
const PATIENT: OutboxLimits = { waitingBytes: MEBIBYTE, stalledAfterMs: 60_000 };
const HASTY: OutboxLimits = { waitingBytes: 64 * MEBIBYTE, stalledAfterMs: 300 };
const WAITING: OutboxLimits = { waitingBytes: 64 * MEBIBYTE, stalledAfterMs: 5000 };
const RESULT = { kind: 'result', source: 'edge0', frame: 0, tile: 0 } as const;

/** A session towards a peer that does nothing of itself, in the clear or by TLS. */
async function openTowards(kind: string, limits: OutboxLimits) {
  let far: Socket | undefined;
  const near =
    kind === 'none'
      ? await inTheClear((peer) => (far = peer))
      : await byTls((peer) => (far = peer));
  await until(() => far !== undefined);
  const session = new PeerSession(near, ANYTHING, new Traffic(), limits);
  const closed: (Error | undefined)[] = [];
  session.handle({ onFrame: () => {}, onClose: (error) => void closed.push(error) });
  return { session, near, far: far!, closed };
}

async function inTheClear(onFar: (peer: Socket) => void): Promise<Socket> {
  const endpoint = await serve((socket) => onFar(socket.pause()));
  const { socket } = stranger(endpoint);
  socket.removeAllListeners('data');
  return socket;
}

async function byTls(onFar: (peer: Socket) => void): Promise<Socket> {
  const key = newKey();
  const secure = createTlsServer(
    serverTls(key, () => {}),
    (socket) => onFar(socket.pause()),
  );
  const endpoint = await serve((socket) => void secure.emit('connection', socket));
  const { address: host, port } = endpoint;
  const socket: TLSSocket = connectTls({ host, port, ...clientTls(key, 'edge0') });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
}

describe.each(['none', 'psk'])('security %s', (kind) => {
  test('a peer that takes nothing is given up', async () => {
    const { session, closed } = await openTowards(kind, HASTY);
    await session.send(RESULT, new Uint8Array(32 * MEBIBYTE));
    await until(() => closed.length > 0);
    expect(closed).toEqual([
      expect.objectContaining({ message: 'the peer took nothing for 300 ms' }),
    ]);
  });

  test('even while more and more is said to it', async () => {
    const { session, closed } = await openTowards(kind, HASTY);
    void session.send(RESULT, new Uint8Array(16 * MEBIBYTE));
    const talk = setInterval(() => void session.send({ kind: 'heartbeat', sentAtMs: 1 }), 50);
    await until(() => closed.length > 0).finally(() => clearInterval(talk));
    expect(closed[0]).toMatchObject({ message: 'the peer took nothing for 300 ms' });
  });

  test.each([0, 200_000])(
    'senders that do not wait fill no memory: %i bytes each',
    async (bytes) => {
      const { session, near, closed } = await openTowards(kind, PATIENT);
      const payload = new Uint8Array(bytes);
      let most = 0;
      for (let count = 0; count < 200_000 && closed.length === 0; count++) {
        if (bytes > 0) void session.send(RESULT, payload);
        else void session.send({ kind: 'edgeLost', name: 'x'.repeat(200) });
        most = Math.max(most, near.writableLength);
        if (count % 100 === 0) await delay(0);
      }
      expect(closed).toEqual([
        expect.objectContaining({
          message: expect.stringMatching(/MiB wait for a peer that is too slow$/),
        }),
      ]);
      // One piece lies with the system; the rest was never handed over.
      expect(most).toBeLessThan(MEBIBYTE);
    },
  );

  test('a slow reader is waited for, and hears everything in order', async () => {
    const { session, far, closed } = await openTowards(kind, WAITING);
    const decoder = new FrameDecoder(ANYTHING);
    const heard: string[] = [];
    const reading = setInterval(() => {
      const chunk = far.read() as Buffer | null;
      for (const { message, payload } of chunk === null ? [] : decoder.push(chunk)) {
        heard.push(`${message.kind} ${payload.length} ${payload.at(-1)}`);
      }
    }, 10);
    const sent = [3 * MEBIBYTE, 0, 256 * 1024, 256 * 1024 + 1, 5, 4 * MEBIBYTE];
    for (const [index, bytes] of sent.entries()) {
      void session.send(RESULT, new Uint8Array(bytes).fill(index));
      void session.send({ kind: 'nothing' });
    }
    session.end();
    await until(() => heard.length === 12, 20_000).finally(() => clearInterval(reading));
    expect(heard).toEqual(
      sent.flatMap((bytes, index) => [
        `result ${bytes} ${bytes === 0 ? undefined : index}`,
        'nothing 0 undefined',
      ]),
    );
    far.destroy();
    await until(() => closed.length > 0);
  });
});
