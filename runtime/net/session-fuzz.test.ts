/** Whatever two peers do, and in whatever order: what a session promises holds. */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memorySockets } from '../testing/memory-socket.ts';
import { ANYTHING } from '../testing/peers.ts';
import type { Frame } from './frame.ts';
import { PeerSession } from './session.ts';
import { Traffic } from './traffic.ts';

/** What may happen at one of the two ends. */
type Step =
  | { readonly do: 'send'; readonly payloadBytes: number }
  | { readonly do: 'handle'; readonly pace: 'at once' | 'later'; readonly failsAt: number }
  | { readonly do: 'hold' | 'wait' | 'end' | 'destroy' | 'destroyWithError' | 'garbage' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), payloadBytes: size() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('handle' as const),
      pace: fc.constantFrom('at once' as const, 'later' as const),
      failsAt: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(20)),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'hold' as const }) },
  { weight: 5, arbitrary: fc.constant({ do: 'wait' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'end' as const,
        'destroy' as const,
        'destroyWithError' as const,
        'garbage' as const,
      ),
    }),
  },
);

function size(): fc.Arbitrary<number> {
  return fc.oneof(fc.nat(40), fc.nat(20_000));
}

/** One end, and what it has sent and heard. */
class End {
  readonly session: PeerSession;
  readonly socket: Socket;
  sent = 0;
  /** It did nothing that ends a connection but `end`. */
  orderly = true;
  readonly heard: number[] = [];
  closes = 0;
  /** A handler that throws is the session's to deal with: what is wrong is told here. */
  readonly faults: string[] = [];
  #running = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.session = new PeerSession(socket, ANYTHING, new Traffic());
  }

  take(step: Step): Promise<unknown> | undefined {
    switch (step.do) {
      case 'send': {
        if (!this.orderly || this.socket.writableEnded) return undefined;
        const message = { kind: 'result', source: 'a', frame: this.sent++, tile: 7 } as const;
        void this.session.send(message, new Uint8Array(step.payloadBytes).fill(message.frame));
        return undefined;
      }
      case 'handle':
        return void this.handle(step.pace, step.failsAt);
      case 'hold':
        return void this.session.hold();
      case 'wait':
        return turns(3);
      case 'end':
        return void this.session.end();
      case 'destroy':
        this.orderly = false;
        return void this.session.destroy();
      case 'destroyWithError':
        this.orderly = false;
        return void this.session.destroy(new Error('enough'));
      case 'garbage':
        this.orderly = false;
        return void this.socket.write(Buffer.alloc(12, 0xff));
      default:
        return step satisfies never;
    }
  }

  handle(pace: 'at once' | 'later', failsAt: number): void {
    this.session.handle({
      onFrame: (frame) => {
        if (this.closes > 0) this.faults.push('a frame after the end');
        if (this.#running > 0) this.faults.push('a frame before the last one was handled');
        this.#note(frame);
        if (this.heard.length > failsAt) {
          this.orderly = false;
          if (pace === 'at once') throw new Error('cannot');
          return Promise.reject(new Error('cannot'));
        }
        if (pace === 'at once') return undefined;
        this.#running++;
        return turns(2).then(() => void this.#running--);
      },
      onClose: () => void this.closes++,
    });
  }

  #note({ message, payload }: Frame): void {
    if (message.kind !== 'result') return void this.faults.push(`what is ${message.kind}`);
    this.heard.push(message.frame);
    if (!payload.every((byte) => byte === message.frame % 256)) this.faults.push('wrong bytes');
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function settled(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000 && !condition(); turn++) await turns(1);
}

const steps = fc.array(fc.record({ near: fc.boolean(), step }), { maxLength: 60, size: 'max' });
const chunks = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 });

test('frames arrive in order and at most once, and the end is told once', async () => {
  await fc.assert(
    fc.asyncProperty(steps, chunks, async (story, chunkBytes) => {
      let next = 0;
      const sockets = memorySockets(() => chunkBytes[next++ % chunkBytes.length]!);
      const [near, far] = sockets.map((socket) => new End(socket)) as [End, End];
      for (const { near: isNear, step } of story) await (isNear ? near : far).take(step);
      // Whatever happened: somebody listens on both sides now, and both take leave.
      for (const end of [near, far]) {
        if (end.closes === 0) end.handle('at once', Number.POSITIVE_INFINITY);
        end.session.end();
      }
      await settled(() => near.closes > 0 && far.closes > 0);
      expect([near.closes, far.closes]).toEqual([1, 1]);
      expect([...near.faults, ...far.faults]).toEqual([]);
      for (const [sender, receiver] of [
        [near, far],
        [far, near],
      ] as const) {
        expect(receiver.heard).toEqual(Array.from(receiver.heard, (_, index) => index));
        expect(receiver.heard.length).toBeLessThanOrEqual(sender.sent);
      }
    }),
    { numRuns: 400 },
  );
});

test('where nobody breaks anything off, one who waits for the end hears everything', async () => {
  const peaceful = steps.map((story) =>
    story.filter(({ step }) => ['send', 'handle', 'hold', 'wait'].includes(step.do)),
  );
  await fc.assert(
    fc.asyncProperty(peaceful, chunks, async (story, chunkBytes) => {
      let next = 0;
      const sockets = memorySockets(() => chunkBytes[next++ % chunkBytes.length]!);
      const [near, far] = sockets.map((socket) => new End(socket)) as [End, End];
      for (const { near: isNear, step } of story) {
        const calm = step.do === 'handle' ? { ...step, failsAt: Number.POSITIVE_INFINITY } : step;
        await (isNear ? near : far).take(calm);
      }
      for (const end of [near, far]) end.handle('later', Number.POSITIVE_INFINITY);
      await settled(() => near.heard.length === far.sent && far.heard.length === near.sent);
      expect(near.heard).toHaveLength(far.sent);
      expect(far.heard).toHaveLength(near.sent);
      near.session.end();
      await settled(() => near.closes > 0 && far.closes > 0);
      expect([near.closes, far.closes]).toEqual([1, 1]);
      expect([...near.faults, ...far.faults]).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
