/** A role that runs on a node: its start, its events, its log and its end. */

import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { TilebedError } from '../../runtime/errors.ts';
import type { RoleConfig } from '../../runtime/roles/config.ts';
import type { RoleEvent } from '../../runtime/roles/events.ts';
import type { RemoteProcess, Transport } from '../transports/transport.ts';

/** Where a role can be started. */
export interface RoleSite {
  readonly name: string;
  readonly transport: Transport;
  /** The Node.js executable there. */
  readonly node: string;
  /** The deployed runtime's main.js. */
  readonly main: string;
}

export interface RoleOptions {
  /** Files that receive what the role writes to standard error; missing folders are made. */
  readonly logs: readonly string[];
  readonly onEvent: (event: RoleEvent) => void;
}

export type ReadyEvent = Extract<RoleEvent, { event: 'ready' }>;
type Exit = Awaited<RemoteProcess['exited']>;

/**
 * Keeps a role's memory small without costing time (decision 0004 has the measurement): glibc joins
 * freed blocks at once instead of keeping them by thread and size, and V8 has a small nursery, since
 * young objects die young here.
 */
const MALLOC_TUNABLES =
  'glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0';
const LAUNCHER = ['env', `GLIBC_TUNABLES=${MALLOC_TUNABLES}`];
const NODE_FLAGS = ['--max-semi-space-size=1'];

export class RoleProcess {
  readonly name: string;
  /** Rejects with a TilebedError (FAILED) when the role ends before it is ready. */
  readonly ready: Promise<ReadyEvent>;
  /** All events have been delivered by then. */
  readonly exited: Promise<Exit>;
  /** True from the role's ready event on, even when it has ended since. */
  isReady = false;
  readonly #process: RemoteProcess;
  #error: Extract<RoleEvent, { event: 'error' }> | undefined;

  private constructor(name: string, child: RemoteProcess, options: RoleOptions) {
    const { onEvent } = options;
    this.name = name;
    this.#process = child;
    const lines = createInterface({ input: child.stdout });
    const drained = new Promise<void>((resolve) => lines.once('close', resolve));
    this.exited = child.exited.then(async (exit) => {
      await drained;
      return exit;
    });
    this.ready = new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const event = parseEvent(line);
        if (event === undefined) return;
        if (event.event === 'ready') {
          this.isReady = true;
          resolve(event);
        }
        if (event.event === 'error') this.#error = event;
        onEvent(event);
      });
      void this.exited.then((exit) => reject(this.failure(exit)));
    });
    // Whoever waits for it hears of it; nobody need wait.
    this.ready.catch(() => {});
  }

  static async start(
    site: RoleSite,
    config: RoleConfig,
    options: RoleOptions,
  ): Promise<RoleProcess> {
    const child = await site.transport.spawn([
      ...LAUNCHER,
      site.node,
      ...NODE_FLAGS,
      site.main,
      'role',
    ]);
    for (const path of options.logs) {
      await mkdir(dirname(path), { recursive: true });
      const log = createWriteStream(path, { flags: 'a', mode: 0o600 });
      // A log that cannot be written must not end the trial.
      log.on('error', () => child.stderr.unpipe(log));
      child.stderr.pipe(log);
    }
    child.stdin.write(`${JSON.stringify(config)}\n`);
    return new RoleProcess(site.name, child, options);
  }

  /** What to say of a role that ended when it should not have. */
  failure({ exitCode, signal }: Exit): TilebedError {
    if (this.#error !== undefined) {
      const { message, hint } = this.#error;
      return new TilebedError('FAILED', `${this.name}: ${message}`, {
        node: this.name,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    const how = signal === undefined ? `ended with status ${exitCode}` : `was ended by ${signal}`;
    return new TilebedError('FAILED', `${this.name} ${how}`, { node: this.name });
  }

  async kill(): Promise<void> {
    await this.#process.kill('SIGKILL');
  }
}

/** A line that is no event can only come from a library that writes where it must not. */
function parseEvent(line: string): RoleEvent | undefined {
  try {
    return JSON.parse(line) as RoleEvent;
  } catch {
    return undefined;
  }
}
