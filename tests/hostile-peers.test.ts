/**
 * Peers that hold the key and say absurd things, at random and on purpose, to a gateway and to an edge
 * that run: they are dropped and counted, memory stays bounded, and honest peers get their answers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RoleProcess } from '../harness/run/role-process.ts';
import { LocalTransport } from '../harness/transports/local.ts';
import { connect } from '../runtime/net/connect.ts';
import type { Endpoint } from '../runtime/net/endpoint.ts';
import type { Frame } from '../runtime/net/frame.ts';
import { type Listener, listen } from '../runtime/net/listen.ts';
import type { Message } from '../runtime/net/messages.ts';
import type { PeerSession } from '../runtime/net/session.ts';
import { Traffic } from '../runtime/net/traffic.ts';
import type { RoleConfig } from '../runtime/roles/config.ts';
import type { RoleEvent } from '../runtime/roles/events.ts';
import type { StrategyName } from '../runtime/schedule/strategies.ts';
import type { HaloTransfer } from '../runtime/schedule/transfer.ts';
import { messageWithPayload } from '../runtime/testing/arbitrary-message.ts';
import { ANYTHING, newKey, until } from '../runtime/testing/peers.ts';
import { ROOT } from './support/cli.ts';
import { Workspace } from './support/workspace.ts';

const SECURITY = newKey();
const RUN = 'hostile';
const ROUNDS = 120;
const FRAMES = 5;
const MEBIBYTE = 2 ** 20;
/** Of a tile of tests/fixtures/tiny.cfg in a 2x2 grid behind six layers: 10 x 10 of 32 channels. */
const TILE_BYTES = 10 * 10 * 32 * 4;

let workspace: Workspace;
let roles: RoleProcess[];
let listener: Listener | undefined;
beforeEach(async () => {
  workspace = await Workspace.make();
  roles = [];
});
afterEach(async () => {
  listener?.close();
  listener = undefined;
  for (const role of roles) await role.kill();
  await Promise.all(roles.map(({ exited }) => exited));
  await workspace[Symbol.asyncDispose]();
});

async function start(config: RoleConfig) {
  const events: RoleEvent[] = [];
  const site = {
    name: config.name,
    transport: new LocalTransport({ launcher: [], environment: {} }),
    node: process.execPath,
    main: join(ROOT, 'dist/bundle/main.js'),
  };
  const log = logOf(config.name);
  const role = await RoleProcess.start(site, config, {
    logs: [log],
    onEvent: (event) => events.push(event),
  });
  roles.push(role);
  return { role, events };
}

function logOf(name: string): string {
  return join(workspace.folder, `${name}.log`);
}

interface Way {
  readonly strategy: StrategyName;
  readonly halos: HaloTransfer;
}

function common(name: string, { strategy, halos }: Way) {
  return {
    name,
    run: RUN,
    security: SECURITY,
    liveness: { heartbeatMs: 200, lostAfterMs: 60_000 },
    work: {
      model: {
        cfg: join(workspace.folder, 'tiny.cfg'),
        weights: { kind: 'synthetic', seed: 7 },
      },
      grid: { rows: 2, columns: 2 },
      fusedLayers: 6,
      precision: 'float32',
      transfer: { frames: 'pixels', halos },
      strategy: { name: strategy, reuse: true, order: 'checkerboard', align: 'output' },
      engine: 'onnxruntime',
      threads: 1,
    },
  } as const;
}

function edgeConfig(name: string, way: Way, gateway: Endpoint): RoleConfig {
  return {
    ...common(name, way),
    role: 'edge',
    listen: { address: '127.140.0.4', port: 0 },
    gateway,
    frames: Array.from({ length: FRAMES }, (_, index) => ({
      kind: 'generated',
      seed: 1,
      index,
      width: 160,
      height: 160,
    })),
    rate: { kind: 'back-to-back' },
    edgeCount: 1,
    framesInFlight: 3,
    warmup: 0,
  };
}

function joinAs0(endpoint: Endpoint): Promise<PeerSession> {
  return connect({
    endpoint,
    security: SECURITY,
    run: RUN,
    name: 'edge0',
    role: 'edge',
    port: 1,
    limits: ANYTHING,
    traffic: new Traffic(),
    patienceMs: 5000,
  });
}

/** Whatever the table allows, and near misses of what a peer would really say. */
const absurd: fc.Arbitrary<Frame> = fc.oneof(
  messageWithPayload(2000),
  fc.record({
    message: fc.oneof(
      fc.record({
        kind: fc.constant('frameTaken' as const),
        frame: fc.nat(12),
        arrivedAtMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
        width: fc.constantFrom(0, 1, 160, 65_535, 2 ** 32 - 1),
        height: fc.constantFrom(0, 1, 160, 65_535, 2 ** 32 - 1),
      }),
      fc.record({
        kind: fc.constant('result' as const),
        source: fc.constantFrom('edge0', 'edge1', 'gateway', '', '__proto__'),
        frame: fc.nat(12),
        tile: fc.constantFrom(0, 1, 2, 3, 4, 2 ** 32 - 1),
      }),
      fc.record({
        kind: fc.constant('ask' as const),
        emptyVictim: fc.constantFrom('', 'edge0', 'edge1', 'constructor'),
        emptySequence: fc.nat(),
      }),
      fc.record({
        kind: fc.constantFrom('offer' as const, 'withdraw' as const),
        sequence: fc.nat(3),
      }),
    ) as fc.Arbitrary<Message>,
    payload: fc.constant(new Uint8Array(0)),
  }),
);

/** Says it all, for as long as the other side listens. */
async function say(session: PeerSession, all: readonly Frame[]): Promise<void> {
  for (const { message, payload } of all) {
    const isTile = message.kind === 'result' && payload.length === 0;
    await session.send(message, isTile ? new Uint8Array(TILE_BYTES) : payload);
  }
}

/** Bugs that a peer has provoked: the log of a role names them as the reason of a loss. */
async function bugsIn(name: string): Promise<string[]> {
  const lines = (await readFile(logOf(name), 'utf8')).split('\n');
  return lines.filter((line) => /TypeError|RangeError|undefined|not a function|NaN/.test(line));
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}

const WAYS: readonly Way[] = [
  { strategy: 'deepthings', halos: 'direct' },
  { strategy: 'deepthings', halos: 'gateway' },
  { strategy: 'modnn', halos: 'direct' },
];

describe.each(WAYS)('$strategy, halos $halos', (way) => {
  test('a gateway is told nonsense', async () => {
    const { role, events } = await start({
      ...common('gateway', way),
      role: 'gateway',
      listen: { address: '127.140.0.2', port: 0 },
      edges: [
        { name: 'edge0', address: '127.140.0.3', frames: 10 },
        { name: 'edge1', address: '127.140.0.4', frames: FRAMES },
      ],
      framesInFlight: 3,
      threshold: 0.9,
      labels: [],
      warmup: 0,
    });
    const { pid, ...endpoint } = await role.ready;
    const stories = fc.sample(fc.array(absurd, { maxLength: 12 }), { numRuns: ROUNDS, seed: 7 });
    let warmBytes = 0;
    for (const [round, story] of stories.entries()) {
      const session = await joinAs0(endpoint);
      session.handle({ onFrame: () => {}, onClose: () => {} });
      await say(session, story);
      // Some stay to see what comes of it.
      if (round % 3 > 0) session.end();
      if (round === ROUNDS / 4) warmBytes = await residentBytes(pid);
    }
    expect((await residentBytes(pid)) - warmBytes).toBeLessThan(48 * MEBIBYTE);
    expect(await bugsIn('gateway')).toEqual([]);
    // An honest edge and a host still get what they came for.
    await (await start(edgeConfig('edge1', way, endpoint))).role.ready;
    const { name, run, security, liveness } = common('host', way);
    const host = await start({ name, run, security, liveness, role: 'host', gateway: endpoint });
    expect((await host.role.exited).exitCode).toBe(0);
    const found = host.events.filter(
      (event) => event.event === 'frame' && event.source === 'edge1',
    );
    expect(found).toHaveLength(FRAMES);
    await role.exited;
    const told = events.find((event) => event.event === 'statistics');
    expect(told?.statistics.peersRefused).toBeGreaterThan(10);
  });

  test('an edge is told nonsense by its gateway and by other edges', async () => {
    const joined: PeerSession[] = [];
    let heartbeats = 0;
    listener = await listen({
      endpoint: { address: '127.140.0.2', port: 0 },
      security: SECURITY,
      run: RUN,
      traffic: new Traffic(),
      limits: ANYTHING,
      admit: () => undefined,
      onPeer: (session) => {
        joined.push(session);
        session.handle({
          onFrame: ({ message }) => {
            if (message.kind !== 'heartbeat') return undefined;
            heartbeats++;
            const { sentAtMs } = message;
            return session.send({ kind: 'heartbeatReply', sentAtMs, repliedAtMs: 1 });
          },
          onClose: () => {},
        });
      },
      onRefused: () => {},
    });
    const { role, events } = await start(edgeConfig('edge1', way, listener.endpoint));
    const { pid, ...endpoint } = await role.ready;
    const harmless = ({ message }: { message: Message }) => message.kind !== 'stop';
    const stories = fc.sample(fc.array(absurd.filter(harmless), { maxLength: 12 }), {
      numRuns: ROUNDS,
      seed: 11,
    });
    let warmBytes = 0;
    for (const [round, story] of stories.entries()) {
      if (round % 2 === 0) {
        const thief = await joinAs0(endpoint);
        thief.handle({ onFrame: () => {}, onClose: () => {} });
        await say(thief, story);
        if (round % 4 === 0) thief.end();
      } else {
        // Whoever hung up on this gateway comes back to it.
        await until(() => !joined.at(-1)!.closed, 10_000);
        await say(joined.at(-1)!, story);
      }
      if (round === ROUNDS / 4) warmBytes = await residentBytes(pid);
    }
    expect((await residentBytes(pid)) - warmBytes).toBeLessThan(48 * MEBIBYTE);
    expect(await bugsIn('edge1')).toEqual([]);
    const heardSoFar = heartbeats;
    await until(() => heartbeats > heardSoFar + 2, 10_000);
    await until(() => !joined.at(-1)!.closed, 10_000);
    await joined.at(-1)!.send({ kind: 'stop' });
    expect((await role.exited).exitCode).toBe(0);
    const told = events.find((event) => event.event === 'statistics');
    expect(told?.statistics.peersRefused).toBeGreaterThan(10);
  });
});
