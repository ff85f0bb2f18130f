import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { ANYTHING, joinHost, newKey, until } from '../testing/peers.ts';
import { closeAll, helloBytes, openHost, serve, stranger } from '../testing/strangers.ts';
import { connect } from './connect.ts';
import { encodeHead } from './frame.ts';
import { clientTls } from './security.ts';
import { Traffic } from './traffic.ts';

afterEach(closeAll);

const KEY = newKey();

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

  test('a peer that says another name than its key is given for is refused', async () => {
    const host = await openHost({ security: KEY });
    const { address, port } = host.endpoint;
    const socket = connectTls({ host: address, port, ...clientTls(KEY, 'edge1') });
    socket.write(helloBytes({ name: 'edge0' }));
    await until(() => host.refusals.length > 0);
    expect(host.refusals).toEqual(["says a name that is not its key's"]);
    expect(host.peers).toEqual([]);
    socket.destroy();
  });

  test('nothing that is said can be read on the wire', async () => {
    const host = await openHost({ security: KEY });
    let wire = Buffer.alloc(0);
    const endpoint = await serve((near) => {
      const { socket: far } = stranger(host.endpoint);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (chunk) => {
          wire = Buffer.concat([wire, chunk]);
          to.write(chunk);
        });
      }
    });
    const secret = 'a-secret-of-this-testbed';
    const peer = await joinHost(host, { security: KEY, endpoint });
    await peer.send({ kind: 'edgeLost', name: secret });
    const heard: string[] = [];
    host.peers[0]!.session.handle({
      onFrame: ({ message }) => void heard.push(message.kind),
      onClose: () => {},
    });
    await until(() => heard.length === 1);
    expect(wire.length).toBeGreaterThan(200);
    expect(wire.includes(secret)).toBe(false);
    expect(wire.includes('run-1')).toBe(false);
    peer.destroy();
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
    traffic: new Traffic(),
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

  test('comes from the address that is its own', async () => {
    const host = await openHost();
    const { endpoint } = host;
    const session = await connect({
      ...options,
      endpoint,
      localAddress: '127.88.0.7',
      patienceMs: 1000,
    });
    await until(() => host.peers.length === 1);
    expect(host.peers[0]!.session.remoteAddress).toBe('127.88.0.7');
    session.destroy();
  });

  test('takes a first answer that is no welcome for an error of protocol', async () => {
    const endpoint = await serve((socket) => socket.write(encodeHead({ kind: 'stop' }, 0)));
    await expect(connect({ ...options, endpoint, patienceMs: 2000 })).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: 'stop instead of a welcome',
    });
  });
});
