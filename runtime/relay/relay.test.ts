/** Real packets through a real relay. Figures are medians and ratios: the machine may be busy. */
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { measureLink, serveLinkProbes } from '../link-probe.ts';
import { connect } from '../net/connect.ts';
import { listen } from '../net/listen.ts';
import type { PeerSession } from '../net/session.ts';
import { Traffic } from '../net/traffic.ts';
import type { RelayAccess, RelayConfig } from './config.ts';
import { connectThrough } from './greeting.ts';
import { type Relay, startRelay } from './relay.ts';

const NODES = [
  { name: 'gateway', address: '127.0.0.1', token: 'secret-g' },
  { name: 'edge0', address: '127.0.0.2', token: 'secret-0' },
  { name: 'edge1', address: '127.0.0.3', token: 'secret-1' },
];

let relay: Relay | undefined;
afterEach(() => relay?.close());

async function start(changes: Partial<RelayConfig>): Promise<(token: string) => RelayAccess> {
  const listen = ['127.0.0.1'];
  relay = await startRelay({ listen, nodes: NODES, pairs: [], ...changes });
  const endpoint = relay.endpoints[0]!;
  return (token) => ({ ...endpoint, token });
}

async function measured(token: string, access: (token: string) => RelayAccess, bytes: number) {
  return measureLink('127.0.0.1', await serveLinkProbes('127.0.0.1'), bytes, access(token));
}

describe('a relay', () => {
  test('delays by the sender’s link, there and back', async () => {
    const nodes = NODES.map((node) => ({
      ...node,
      link: { delayMs: node.name === 'edge0' ? 30 : 10 },
    }));
    const access = await start({ nodes });
    const { roundTripMs } = await measured('secret-0', access, 2 ** 10);
    expect(roundTripMs).toBeGreaterThan(38);
    expect(roundTripMs).toBeLessThan(60);
    const other = await measured('secret-1', access, 2 ** 10);
    expect(other.roundTripMs / roundTripMs).toBeLessThan(0.8);
  });

  test('keeps a rate, both ways', async () => {
    const nodes = NODES.map((node) =>
      node.name === 'edge0' ? { ...node, link: { rateBitsPerSecond: 20e6 } } : node,
    );
    const access = await start({ nodes });
    const { sendBitsPerSecond, receiveBitsPerSecond } = await measured('secret-0', access, 1.5e6);
    for (const rate of [sendBitsPerSecond, receiveBitsPerSecond]) {
      expect(rate).toBeLessThan(20e6 * 1.05);
      expect(rate).toBeGreaterThan(20e6 * 0.7);
    }
  });

  test('lets two flows over one medium have half of it each', async () => {
    const access = await start({ medium: { rateBitsPerSecond: 16e6 } });
    const alone = await measured('secret-0', access, 6e5);
    const rates = (
      await Promise.all(['secret-0', 'secret-1'].map((token) => measured(token, access, 6e5)))
    ).map(({ sendBitsPerSecond }) => sendBitsPerSecond);
    expect((rates[0]! + rates[1]!) / alone.sendBitsPerSecond).toBeLessThan(1.2);
    expect(Math.min(...rates) / Math.max(...rates)).toBeGreaterThan(0.6);
  });

  test('carries sessions that only their ends can read, and tells each end of the other’s', async () => {
    const access = await start({ medium: { delayMs: 1 } });
    const security = { kind: 'psk', key: 'ab'.repeat(32) } as const;
    const limits = { allows: () => true, payloadBytes: 100 };
    const common = { security, run: 'r', traffic: new Traffic(), limits };
    let welcomed: (session: PeerSession) => void = () => {};
    const peer = new Promise<PeerSession>((resolve) => {
      welcomed = resolve;
    });
    const listener = await listen({
      ...common,
      endpoint: { address: '127.0.0.1', port: 0 },
      admit: () => undefined,
      onPeer: welcomed,
      onRefused: () => {},
    });
    const session = await connect({
      ...common,
      ...{ name: 'edge0', role: 'edge' as const, port: 0, patienceMs: 2000 },
      endpoint: listener.endpoint,
      relay: access('secret-0'),
    });
    const closed = new Promise<void>((resolve) => {
      session.handle({ onFrame: () => {}, onClose: () => resolve() });
    });
    (await peer).destroy();
    await closed;
    listener.close();
  });
});

test('the last word arrives before the end, however long both are under way', async () => {
  const nodes = NODES.map((node) => ({ ...node, link: { delayMs: 20 } }));
  const access = await start({ nodes });
  // It speaks, hangs up, and is gone before anything of that has arrived.
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('stop');
    setTimeout(() => socket.destroy(), 5);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const socket = await connectThrough(access('secret-0'), { address: '127.0.0.1', port });
  const chatter = setInterval(() => socket.write('heartbeat'), 2);
  socket.on('error', () => {});
  expect(await text(socket)).toBe('stop');
  clearInterval(chatter);
  server.close();
});

describe('a stranger', () => {
  async function ending(socket: Socket): Promise<void> {
    socket.on('error', () => {}).resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }

  test('without a token, or with a target that is no node, is not connected', async () => {
    const reached: Socket[] = [];
    const server = createServer((socket) => reached.push(socket)).listen(0, '127.0.0.9');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const access = await start({});
    await ending(await connectThrough(access('guess'), { address: '127.0.0.1', port }));
    await ending(await connectThrough(access('secret-0'), { address: '127.0.0.9', port }));
    const { address, port: relayPort } = relay!.endpoints[0]!;
    const talker = connectTcp(relayPort, address);
    talker.write('GET / HTTP/1.1\r\n'.repeat(100));
    await ending(talker);
    expect(reached).toEqual([]);
    server.close();
  });
});
