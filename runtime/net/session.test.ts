import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Host, joinHost, newKey, until } from '../testing/peers.ts';
import type { Frame } from './frame.ts';
import type { PeerSession } from './session.ts';
import { Traffic } from './traffic.ts';

const MEBIBYTE = 2 ** 20;

describe.each([{ security: { kind: 'none' } as const }, { security: newKey() }])(
  'two peers, security $security.kind',
  ({ security }) => {
    let host: Host;
    let near: PeerSession;
    let far: PeerSession;
    let traffic: Traffic;

    beforeEach(async () => {
      traffic = new Traffic();
      host = await Host.open({ security });
      near = await joinHost(host, { security, traffic });
      far = host.peers[0]!.session;
    });
    afterEach(() => {
      near.destroy();
      host.close();
    });

    /** Collects frames; `closed` becomes the reason, or null at an orderly end. */
    function listenTo(session: PeerSession, onFrame?: (frame: Frame) => void | Promise<void>) {
      const heard = { tiles: [] as number[], closed: undefined as Error | null | undefined };
      session.handle({
        onFrame: (frame) => {
          if (frame.message.kind === 'tileDone') heard.tiles.push(frame.message.tile);
          return onFrame?.(frame);
        },
        onClose: (error) => {
          expect(heard.closed).toBeUndefined();
          heard.closed = error ?? null;
        },
      });
      return heard;
    }

    const tileDone = (tile: number) => ({ kind: 'tileDone', frame: 0, tile }) as const;

    test('a message shows that its sender lives while it is still on its way', async () => {
      let [frames, signsOfLife, beforeTheEnd] = [0, 0, 0];
      far.handle({
        onFrame: () => {
          frames++;
          beforeTheEnd = signsOfLife;
        },
        onClose: () => {},
        onBytes: () => {
          signsOfLife++;
        },
      });
      const result = { kind: 'result', source: 'edge0', frame: 0, tile: 0 } as const;
      await near.send(result, new Uint8Array(4 * MEBIBYTE));
      await until(() => frames === 1);
      expect(beforeTheEnd).toBeGreaterThan(1);
    });

    test('a payload of several chunks is timed, without the first of them', async () => {
      const frames: Frame[] = [];
      listenTo(far, (frame) => {
        frames.push(frame);
      });
      for (const [tile, bytes] of [10, 4 * MEBIBYTE].entries()) {
        const result = { kind: 'result', source: 'edge0', frame: 0, tile } as const;
        await near.send(result, new Uint8Array(bytes));
      }
      await until(() => frames.length === 2);
      expect(frames[0]!.transfer).toBeUndefined();
      const { bytes, ms } = frames[1]!.transfer!;
      expect(bytes).toBeLessThan(4 * MEBIBYTE);
      expect(bytes).toBeGreaterThan(3 * MEBIBYTE);
      expect(ms).toBeGreaterThan(0);
    });

    test('messages and payloads arrive whole and in order', async () => {
      const payloads: Uint8Array[] = [];
      listenTo(far, ({ payload }) => {
        payloads.push(payload);
      });
      const sent = [0, 1, 70_000, 3].map((length, index) => new Uint8Array(length).fill(index));
      for (const [tile, payload] of sent.entries()) {
        await near.send({ kind: 'result', source: 'edge0', frame: 0, tile }, payload);
      }
      await until(() => payloads.length === 4);
      expect(
        payloads.map((payload) => Buffer.compare(payload, sent[payloads.indexOf(payload)]!)),
      ).toEqual([0, 0, 0, 0]);
      expect(far.remoteAddress).toContain('127.0.0.1');
    });

    test('both count the same bytes', async () => {
      const heard = listenTo(far);
      await near.send(tileDone(1));
      await near.send({ kind: 'result', source: 'edge0', frame: 0, tile: 1 }, new Uint8Array(5000));
      await far.send(tileDone(2));
      await until(
        () => heard.tiles.length === 1 && traffic.receivedBytes === host.traffic.sentBytes,
      );
      expect(host.traffic.receivedBytes).toBe(traffic.sentBytes);
      expect(traffic.sentByKind).toEqual({
        hello: { messages: 1, bytes: expect.any(Number) },
        tileDone: { messages: 1, bytes: 12 + 8 },
        result: { messages: 1, bytes: 12 + 1 + 'edge0'.length + 8 + 5000 },
      });
    });

    test('what comes while nobody handles is kept', async () => {
      near.hold();
      for (let tile = 0; tile < 50; tile++) void far.send(tileDone(tile));
      await delay(50);
      const heard = listenTo(near);
      await until(() => heard.tiles.length === 50);
      expect(heard.tiles).toEqual(Array.from({ length: 50 }, (_, tile) => tile));
    });

    test('a new handler goes on where the last one left off', async () => {
      const first = listenTo(near, ({ message }) => {
        if (message.kind === 'tileDone' && message.tile === 3) near.hold();
      });
      for (let tile = 0; tile < 8; tile++) void far.send(tileDone(tile));
      await until(() => first.tiles.length === 4);
      const second = listenTo(near);
      await until(() => second.tiles.length === 4);
      expect([...first.tiles, ...second.tiles]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });

    test('a slow handler is given one frame at a time', async () => {
      let running = 0;
      let most = 0;
      const heard = listenTo(far, async () => {
        most = Math.max(most, ++running);
        await delay(2);
        running--;
      });
      for (let tile = 0; tile < 20; tile++) void near.send(tileDone(tile));
      await until(() => heard.tiles.length === 20);
      expect(most).toBe(1);
    });

    test('a receiver that does not keep up holds its sender back', async () => {
      let release = () => {};
      const blocked = new Promise<void>((resolve) => {
        release = resolve;
      });
      let received = 0;
      listenTo(far, async ({ payload }) => {
        received += payload.byteLength;
        await blocked;
      });
      const payload = new Uint8Array(MEBIBYTE);
      let sent = 0;
      const sending = (async () => {
        for (let tile = 0; tile < 64; tile++) {
          await near.send({ kind: 'result', source: 'edge0', frame: 0, tile }, payload);
          sent++;
        }
      })();
      await delay(300);
      // What the system's buffers hold is far less than 64 MiB.
      expect(sent).toBeLessThan(40);
      expect(received).toBe(MEBIBYTE);
      release();
      await sending;
      await until(() => received === 64 * MEBIBYTE, 20_000);
    });

    test('an orderly end lets everything arrive first', async () => {
      const heard = listenTo(far);
      for (let tile = 0; tile < 30; tile++) void near.send(tileDone(tile));
      near.end();
      await until(() => heard.closed !== undefined);
      expect(heard).toMatchObject({ closed: null });
      expect(heard.tiles).toHaveLength(30);
    });

    test('what is said after the end is not sent, and what was said before still arrives', async () => {
      const [heard, self] = [listenTo(far), listenTo(near)];
      void near.send(tileDone(1));
      near.end();
      await near.send(tileDone(2));
      await until(() => heard.closed !== undefined && self.closed !== undefined);
      expect(heard).toEqual({ tiles: [1], closed: null });
      expect(self.closed).toBe(null);
    });

    test('a slow handler hears everything before it hears of the end', async () => {
      const order: string[] = [];
      far.handle({
        onFrame: async ({ message }) => {
          await delay(5);
          order.push(message.kind);
        },
        onClose: () => order.push('closed'),
      });
      void near.send(tileDone(0));
      void near.send({ kind: 'stop' });
      near.end();
      await until(() => order.includes('closed'));
      expect(order).toEqual(['tileDone', 'stop', 'closed']);
    });

    test('a frame that is not allowed ends the connection, with the reason', async () => {
      far.setLimits({ allows: (kind) => kind === 'heartbeat', payloadBytes: 0 });
      const heard = listenTo(far);
      const other = listenTo(near);
      void near.send({ kind: 'heartbeat', sentAtMs: 1 });
      void near.send(tileDone(1));
      await until(() => heard.closed !== undefined && other.closed !== undefined);
      expect(heard.closed).toMatchObject({ code: 'PROTOCOL' });
      expect(heard.tiles).toEqual([]);
    });

    test.each(['at once', 'later'])('a handler that fails %s ends the connection', async (when) => {
      const heard = listenTo(far, () => {
        if (when === 'at once') throw new Error('no such tile');
        return delay(5).then(() => Promise.reject(new Error('no such tile')));
      });
      for (let tile = 0; tile < 3; tile++) void near.send(tileDone(tile));
      await until(() => heard.closed !== undefined);
      expect(heard.closed).toMatchObject({ message: 'no such tile' });
      // Who broke the protocol is not listened to any more.
      expect(heard.tiles).toEqual([0]);
    });

    test('sending to a peer that is gone is no error, and says nothing twice', async () => {
      const heard = listenTo(near);
      far.destroy();
      await until(() => heard.closed !== undefined);
      expect(near.closed).toBe(true);
      await near.send(tileDone(1));
      await near.send({ kind: 'result', source: 'a', frame: 0, tile: 0 }, new Uint8Array(100));
    });

    test('a sender that waits for a peer is let go when the peer goes', async () => {
      listenTo(far, () => new Promise(() => {}));
      listenTo(near);
      const payload = new Uint8Array(32 * MEBIBYTE);
      const sending = near.send({ kind: 'result', source: 'a', frame: 0, tile: 0 }, payload);
      void near.send(tileDone(1));
      await delay(50);
      far.destroy();
      await sending;
    });
  },
);
