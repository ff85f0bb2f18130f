import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ANYTHING, joinHost, newKey, until } from '../testing/peers.ts';
import { randomFloats } from '../testing/random.ts';
import { closeAll, helloBytes, openHost, stranger } from '../testing/strangers.ts';
import { encodeHead, FrameDecoder } from './frame.ts';
import { PROTOCOL_VERSION } from './listen.ts';
import type { Message } from './messages.ts';

afterEach(closeAll);

const SECURITIES = [{ security: { kind: 'none' } as const }, { security: newKey() }];

function answers(bytes: Buffer): Message[] {
  return [...new FrameDecoder(ANYTHING).push(bytes)].map(({ message }) => message);
}

describe.each(SECURITIES)('security $security.kind', ({ security }) => {
  test('a peer says who it is and is welcome', async () => {
    const host = await openHost({ security });
    const session = await joinHost(host, { security, name: 'edge3', port: 1234 });
    expect(host.peers.map((peer) => peer.hello)).toEqual([
      { kind: 'hello', version: 1, run: 'run-1', name: 'edge3', role: 'edge', port: 1234 },
    ]);
    expect(host.refusals).toEqual([]);
    session.destroy();
  });

  test('a peer of another run is refused, told so, and counted', async () => {
    const host = await openHost({ security });
    await expect(joinHost(host, { security, run: 'run-0' })).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: 'refused by 127.0.0.1: belongs to another run',
    });
    expect(host.refusals).toEqual(['belongs to another run']);
    expect(host.peers).toEqual([]);
  });

  test('a peer that the role does not admit is refused with its reason', async () => {
    const host = await openHost({
      security,
      admit: ({ name }) => `${name} is no edge of this run`,
    });
    await expect(joinHost(host, { security, name: 'edge9' })).rejects.toThrow(
      'refused by 127.0.0.1: edge9 is no edge of this run',
    );
    expect(host.refusals).toEqual(['edge9 is no edge of this run']);
  });

  test('a reason of any length and script reaches the peer', async () => {
    const name = '\u20ac'.repeat(85);
    const host = await openHost({ security, admit: () => `${name} is no edge of this run` });
    await expect(joinHost(host, { security, name })).rejects.toMatchObject({ code: 'PROTOCOL' });
    await expect(joinHost(host, { security })).rejects.toThrow(/refused by 127.0.0.1: \u20ac+/);
  });

  test('garbage closes its own connection only', async () => {
    const host = await openHost({ security });
    const peer = await joinHost(host, { security });
    let heartbeats = 0;
    host.peers[0]!.session.handle({ onFrame: () => void heartbeats++, onClose: () => {} });
    const noise = Buffer.from(randomFloats(2000, 1).buffer);
    const others = [
      stranger(host.endpoint, noise),
      stranger(host.endpoint, Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      stranger(host.endpoint, helloBytes().fill(0xff, 8, 12)),
    ];
    await until(() => others.every(({ closed }) => closed));
    await peer.send({ kind: 'heartbeat', sentAtMs: 1 });
    await until(() => heartbeats === 1);
    expect(host.refusals.length).toBeGreaterThanOrEqual(3);
    expect(host.peers).toHaveLength(1);
    peer.destroy();
  });

  test('those who leave in the middle of the handshake are no event', async () => {
    const host = await openHost({ security });
    for (let round = 0; round < 20; round++) {
      const { socket } = stranger(host.endpoint, helloBytes().subarray(0, round));
      socket.once('connect', () => (round % 2 === 0 ? socket.end() : socket.resetAndDestroy()));
    }
    await delay(100);
    const peer = await joinHost(host, { security });
    expect(host.peers).toHaveLength(1);
    peer.destroy();
  });

  test('200 strangers that say nothing do not keep a peer out', async () => {
    const host = await openHost({ security });
    const crowd = Array.from({ length: 200 }, () => stranger(host.endpoint));
    await Promise.all(
      crowd.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))),
    );
    const startMs = performance.now();
    const peer = await joinHost(host, { security, patienceMs: 5000 });
    expect(performance.now() - startMs).toBeLessThan(2000);
    peer.destroy();
    for (const { socket } of crowd) socket.destroy();
    await until(() => host.refusals.length >= 200);
    expect(host.refusals).toHaveLength(200);
  });

  test('200 strangers that shout do not keep a peer out', async () => {
    const host = await openHost({ security });
    const crowd = Array.from({ length: 200 }, (_, index) =>
      stranger(host.endpoint, Buffer.from(randomFloats(300, index).buffer)),
    );
    const peer = await joinHost(host, { security, patienceMs: 5000 });
    await until(() => crowd.every(({ closed }) => closed));
    let alive = false;
    host.peers[0]!.session.handle({
      onFrame: () => {
        alive = true;
      },
      onClose: () => {},
    });
    await peer.send({ kind: 'heartbeat', sentAtMs: 1 });
    await until(() => alive);
    peer.destroy();
  });

  test('each stranger is counted once', async () => {
    const host = await openHost({ security });
    const crowd = Array.from({ length: 100 }, () =>
      stranger(host.endpoint, Buffer.alloc(40, 0xaa)),
    );
    await until(() => crowd.every(({ closed }) => closed));
    await until(() => host.refusals.length >= 100);
    await delay(50);
    expect(host.refusals).toHaveLength(100);
  });

  test('closing lets nobody in any more, and leaves peers alone', async () => {
    const host = await openHost({ security });
    const peer = await joinHost(host, { security });
    const other = stranger(host.endpoint);
    await new Promise((resolve) => other.socket.once('connect', resolve));
    await delay(20);
    for (const { session } of host.peers.splice(0))
      session.handle({ onFrame: () => {}, onClose: () => {} });
    host.close();
    await until(() => other.closed);
    await expect(joinHost(host, { security })).rejects.toMatchObject({ code: 'FAILED' });
    expect(peer.closed).toBe(false);
    peer.destroy();
  });
});

describe('plain sockets', () => {
  test('a hello of another version is told which one is spoken here', async () => {
    const host = await openHost();
    const heard = stranger(host.endpoint, helloBytes({ version: 77 }));
    await until(() => heard.closed);
    expect(answers(heard.bytes)).toEqual([
      { kind: 'refused', reason: `speaks protocol 77, not ${PROTOCOL_VERSION}` },
    ]);
  });

  test('nothing but a hello is taken from a stranger, and no payload', async () => {
    const host = await openHost();
    const result = encodeHead({ kind: 'result', source: 'a', frame: 0, tile: 0 }, 100);
    const greeting = helloBytes();
    greeting.writeUInt32LE(1, 8);
    const crowd = [stranger(host.endpoint, result), stranger(host.endpoint, greeting)];
    await until(() => crowd.every(({ closed }) => closed));
    expect(host.refusals.sort()).toEqual([
      'a frame of type 16 is not allowed here',
      expect.stringContaining('claims'),
    ]);
    expect(host.peers).toEqual([]);
  });

  test('a hello in single bytes is as good as one in a piece', async () => {
    const host = await openHost();
    const heard = stranger(host.endpoint);
    for (const byte of helloBytes()) {
      heard.socket.write(Uint8Array.of(byte));
      await delay(1);
    }
    await until(() => heard.bytes.length > 0);
    expect(answers(heard.bytes)).toEqual([{ kind: 'welcome' }]);
  });
});

test('an address that is taken is an error that names it', async () => {
  const host = await openHost();
  const { port } = host.endpoint;
  await expect(openHost({ endpoint: { address: '127.0.0.1', port } })).rejects.toMatchObject({
    code: 'FAILED',
    message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
  });
});
