import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ANYTHING, Host, joinHost, newKey, until } from '../testing/peers.ts';
import { randomFloats } from '../testing/random.ts';
import { connect } from './connect.ts';
import { encodeHead, FrameDecoder } from './frame.ts';
import { PROTOCOL_VERSION } from './listen.ts';
import type { Message } from './messages.ts';

const KEY = newKey();
const SECURITIES = [{ security: { kind: 'none' } as const }, { security: KEY }];

const sockets: Socket[] = [];
const hosts: Host[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const host of hosts.splice(0)) host.close();
});

async function openHost(options: Parameters<typeof Host.open>[0] = {}): Promise<Host> {
  const host = await Host.open(options);
  hosts.push(host);
  return host;
}

/** A connection that speaks no protocol of its own; what arrives is kept. */
function stranger(host: Host, bytes?: Uint8Array) {
  const socket = connectTcp({ host: '127.0.0.1', port: host.endpoint.port });
  sockets.push(socket);
  const heard = { socket, bytes: Buffer.alloc(0), closed: false };
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

function hello(fields: Partial<Message & { kind: 'hello' }> = {}): Buffer {
  const version = PROTOCOL_VERSION;
  return encodeHead(
    { kind: 'hello', version, run: 'run-1', name: 'edge0', role: 'edge', port: 0, ...fields },
    0,
  );
}

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
      stranger(host, noise),
      stranger(host, Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      stranger(host, hello().fill(0xff, 8, 12)),
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
      const { socket } = stranger(host, hello().subarray(0, round));
      socket.once('connect', () => (round % 2 === 0 ? socket.end() : socket.resetAndDestroy()));
    }
    await delay(100);
    const peer = await joinHost(host, { security });
    expect(host.peers).toHaveLength(1);
    peer.destroy();
  });

  test('200 strangers that say nothing do not keep a peer out', async () => {
    const host = await openHost({ security });
    const crowd = Array.from({ length: 200 }, () => stranger(host));
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
      stranger(host, Buffer.from(randomFloats(300, index).buffer)),
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
    const crowd = Array.from({ length: 100 }, () => stranger(host, Buffer.alloc(40, 0xaa)));
    await until(() => crowd.every(({ closed }) => closed));
    await until(() => host.refusals.length >= 100);
    await delay(50);
    expect(host.refusals).toHaveLength(100);
  });

  test('closing lets nobody in any more, and leaves peers alone', async () => {
    const host = await openHost({ security });
    const peer = await joinHost(host, { security });
    const other = stranger(host);
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
    const { bytes, socket } = stranger(host, hello({ version: 77 }));
    const heard = stranger(host, hello({ version: 77 }));
    await until(() => heard.closed);
    expect(answers(heard.bytes)).toEqual([
      { kind: 'refused', reason: `speaks protocol 77, not ${PROTOCOL_VERSION}` },
    ]);
    expect(bytes).toBeDefined();
    socket.destroy();
  });

  test('nothing but a hello is taken from a stranger, and no payload', async () => {
    const host = await openHost();
    const result = encodeHead({ kind: 'result', source: 'a', frame: 0, tile: 0 }, 100);
    const greeting = hello();
    greeting.writeUInt32LE(1, 8);
    const crowd = [stranger(host, result), stranger(host, greeting)];
    await until(() => crowd.every(({ closed }) => closed));
    expect(host.refusals.sort()).toEqual([
      'a frame of type 16 is not allowed here',
      expect.stringContaining('claims'),
    ]);
    expect(host.peers).toEqual([]);
  });

  test('a hello in single bytes is as good as one in a piece', async () => {
    const host = await openHost();
    const heard = stranger(host);
    for (const byte of hello()) {
      heard.socket.write(Uint8Array.of(byte));
      await delay(1);
    }
    await until(() => heard.bytes.length > 0);
    expect(answers(heard.bytes)).toEqual([{ kind: 'welcome' }]);
  });
});

describe('keys', () => {
  test('a wrong key is refused on both sides, at once, and counted', async () => {
    const host = await openHost({ security: KEY });
    const startMs = performance.now();
    await expect(joinHost(host, { security: newKey(), patienceMs: 5000 })).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: 'the peer does not hold the same key',
    });
    expect(performance.now() - startMs).toBeLessThan(2000);
    await until(() => host.refusals.length > 0);
    expect(host.refusals).toEqual([expect.stringMatching(/^no TLS handshake: /)]);
    expect(host.peers).toEqual([]);
  });

  test('a peer without any key is refused', async () => {
    const host = await openHost({ security: KEY });
    await expect(joinHost(host, { patienceMs: 200 })).rejects.toThrow();
    expect(host.refusals.length).toBeGreaterThan(0);
    expect(host.peers).toEqual([]);
  });

  test('a peer with a key does not talk to one without', async () => {
    const host = await openHost();
    await expect(joinHost(host, { security: KEY, patienceMs: 200 })).rejects.toThrow();
    expect(host.peers).toEqual([]);
  });

  test('nothing that is said can be read on the wire', async () => {
    const host = await openHost({ security: KEY });
    let wire = Buffer.alloc(0);
    const { createServer } = await import('node:net');
    const relay = createServer((near) => {
      const far = connectTcp({ host: '127.0.0.1', port: host.endpoint.port });
      sockets.push(near, far);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (chunk) => {
          wire = Buffer.concat([wire, chunk]);
          to.write(chunk);
        });
        from.on('error', () => {});
      }
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const address = relay.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const endpoint = { address: '127.0.0.1', port: address.port };
    const secret = 'a-secret-run-of-this-testbed';
    const other = await openHost({ security: KEY, run: secret });
    expect(other.endpoint.port).not.toBe(host.endpoint.port);
    const peer = await joinHost(host, { security: KEY, endpoint });
    await peer.send({ kind: 'edgeLost', name: secret });
    host.peers[0]!.session.handle({ onFrame: () => {}, onClose: () => {} });
    await delay(30);
    expect(wire.length).toBeGreaterThan(200);
    expect(wire.includes(secret)).toBe(false);
    expect(wire.includes('run-1')).toBe(false);
    peer.destroy();
    relay.close();
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

describe('connecting', () => {
  const options = {
    security: { kind: 'none' } as const,
    run: 'run-1',
    name: 'edge0',
    role: 'edge' as const,
    port: 0,
    limits: ANYTHING,
    traffic: { sent: 0, received: 0 },
  };

  test('gives up where nobody answers in time', async () => {
    const host = await openHost();
    const { endpoint } = host;
    host.close();
    const startMs = performance.now();
    await expect(connect({ ...options, endpoint, patienceMs: 300 })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining(`nobody answers at 127.0.0.1:${endpoint.port}`),
    });
    expect(performance.now() - startMs).toBeLessThan(1500);
  });

  test('waits for a peer that comes up late', async () => {
    const early = await openHost();
    const { endpoint } = early;
    early.close();
    const joining = connect({ ...options, endpoint, patienceMs: 5000 });
    await delay(150);
    const host = await openHost({ endpoint });
    const session = await joining;
    await until(() => host.peers.length === 1);
    session.destroy();
  });

  test('stops when it is told to', async () => {
    const host = await openHost();
    const { endpoint } = host;
    host.close();
    const controller = new AbortController();
    const joining = connect({
      ...options,
      endpoint,
      patienceMs: 60_000,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 100);
    await expect(joining).rejects.toThrow();
  });

  test('takes a first answer that is no welcome for an error of protocol', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.write(encodeHead({ kind: 'stop' }, 0));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const endpoint = { address: '127.0.0.1', port: address.port };
    await expect(connect({ ...options, endpoint, patienceMs: 2000 })).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: 'stop instead of a welcome',
    });
    server.close();
  });
});
