/** Peers over real sockets of this machine. */
import { randomBytes } from 'node:crypto';
import { type ConnectOptions, connect } from '../net/connect.ts';
import type { FrameLimits } from '../net/frame.ts';
import { type Listener, type ListenOptions, listen } from '../net/listen.ts';
import type { MessageOf } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';
import { Traffic } from '../net/traffic.ts';
import type { Security } from '../roles/config.ts';

export const ANYTHING: FrameLimits = { allows: () => true, payloadBytes: 64 * 2 ** 20 };

export function newKey(): Security & { kind: 'psk' } {
  return { kind: 'psk', key: randomBytes(32).toString('hex') };
}

/** A listener that remembers whom it let in and why it refused others. */
export class Host {
  readonly peers: { session: PeerSession; hello: MessageOf<'hello'> }[] = [];
  readonly refusals: string[] = [];
  readonly traffic = new Traffic();
  #listener: Listener | undefined;

  static async open(options: Partial<ListenOptions> = {}): Promise<Host> {
    const host = new Host();
    host.#listener = await listen({
      endpoint: { address: '127.0.0.1', port: 0 },
      security: { kind: 'none' },
      run: 'run-1',
      traffic: host.traffic,
      limits: ANYTHING,
      admit: () => undefined,
      onPeer: (session, hello) => {
        session.hold();
        host.peers.push({ session, hello });
      },
      onRefused: (reason) => host.refusals.push(reason),
      ...options,
    });
    return host;
  }

  get endpoint() {
    return this.#listener!.endpoint;
  }

  close(): void {
    this.#listener?.close();
    for (const { session } of this.peers) session.destroy();
  }
}

/** Connects to it as edge0, unless told otherwise; gives up soon. */
export function joinHost(host: Host, options: Partial<ConnectOptions> = {}): Promise<PeerSession> {
  return connect({
    endpoint: host.endpoint,
    security: { kind: 'none' },
    run: 'run-1',
    name: 'edge0',
    role: 'edge',
    port: 0,
    limits: ANYTHING,
    traffic: new Traffic(),
    patienceMs: 0,
    ...options,
  });
}

/** Waits until the condition holds; a test fails where it never does. */
export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
