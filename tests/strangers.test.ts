/** Strangers on every listening port of a running trial: they change nothing for the others. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrialRecord } from '../harness/results/format.ts';
import { encodeHead } from '../runtime/net/frame.ts';
import { eventually, type ListeningSocket, listening } from './support/processes.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

/** Of no other test: whoever listens there is talked to. */
const EDGES = gatewayAndEdges(2, '10.141.0');
const EXPERIMENT = `frames: { count: 150, sources: [edge0] }
matrix: { grid: [4x4], fusedLayers: [6] }
warmup: 0
timeout: 1m
threshold: 0.5
`;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeExperiment(EXPERIMENT);
});
afterEach(() => workspace[Symbol.asyncDispose]());

/** Sends bytes in the clear, and waits for the connection to end: by the peer, or after a second. */
function send({ address, port }: ListeningSocket, bytes: Uint8Array): Promise<'closed' | 'open'> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, address, () => socket.write(bytes));
    socket.on('error', () => {});
    socket.on('close', () => resolve('closed'));
    setTimeout(() => {
      socket.destroy();
      resolve('open');
    }, 1000);
  });
}

function handshakeWith(key: Buffer, { address, port }: ListeningSocket): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({
      host: address,
      port,
      ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ psk: key, identity: 'edge1' }),
    });
    socket.on('secureConnect', () => resolve('accepted'));
    socket.on('error', (error) => resolve(error.message));
  });
}

const GARBAGE = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 197 + 31) % 256));
/** A frame's header that claims nearly 4 GiB of payload. */
const OVERSIZED = Buffer.from('425405001000000000f0ffff', 'hex');

test.each(['psk', 'none'])('security: %s', async (security) => {
  await workspace.writeTestbed(`security: ${security}\n${EDGES}`);
  const child = workspace.startRun();
  const sockets = await eventually(
    'three listening sockets',
    async () => {
      const found = await listening('127.141.0.');
      return found.length === 3 ? found : undefined;
    },
    60_000,
  );
  const hello = encodeHead(
    { kind: 'hello', version: 1, run: 'another run', name: 'edge1', role: 'edge', port: 1 },
    0,
  );
  for (const socket of sockets) {
    expect(await send(socket, GARBAGE)).toBe('closed');
    expect(await send(socket, OVERSIZED)).toBe('closed');
    await send(socket, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await send(socket, hello);
    if (security === 'psk') {
      expect(await handshakeWith(Buffer.alloc(32, 1), socket)).not.toBe('accepted');
    }
  }
  expect((await child).exitCode).toBe(0);
  const [record] = await workspace.records();
  expect(record).toMatchObject({ status: 'ok', lostFrames: [] });
  expect(record!.frames).toHaveLength(150);
  for (const name of ['gateway', 'edge0', 'edge1']) {
    expect(record!.nodes[name]!.peersRefused, name).toBeGreaterThanOrEqual(4);
  }
  // What was found is what a run in peace finds.
  const peaceful = await Workspace.make();
  try {
    await peaceful.writeTestbed(`security: ${security}\n${EDGES}`);
    await peaceful.writeExperiment(EXPERIMENT);
    await peaceful.run('--quiet');
    const [undisturbed] = await peaceful.records();
    const found = ({ frames }: TrialRecord) => frames.map(({ detections }) => detections);
    expect(found(record!)).toEqual(found(undisturbed!));
    expect(found(record!).flat().length).toBeGreaterThan(0);
  } finally {
    await peaceful[Symbol.asyncDispose]();
  }
});
