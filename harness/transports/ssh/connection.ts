/**
 * One connection a machine, shared by all that goes on there. It keeps this process alive only while
 * something uses it, so nobody need close it.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { NodeSSH } from 'node-ssh';
import type { ClientChannel } from 'ssh2';
import { TilebedError } from '../../../runtime/errors.ts';
import { logIn, openSocket } from './connect.ts';
import { GUARD_COMMAND, Guard } from './guard.ts';
import { hostText, type SshHost } from './host.ts';
import { quoteCommand } from './quote.ts';

/** What keeps the process alive: the machine's own socket, or what its jump host is reached by. */
interface Line {
  ref(): void;
  unref(): void;
}

const connections = new Map<string, Promise<SshConnection>>();

/** The connection that there is, or a new one. Rejects with a TilebedError. */
export async function connectionTo(host: SshHost): Promise<SshConnection> {
  const name = JSON.stringify(host);
  const known = await connections.get(name)?.catch(() => undefined);
  if (known?.isOpen === true) return known;
  // Others may have come here first while this one waited.
  const pending = connections.get(name);
  if (pending !== undefined && (await pending.catch(() => undefined)) !== known) return pending;
  const opening = open(host);
  connections.set(name, opening);
  opening.catch(() => connections.delete(name));
  return opening;
}

/** Where a machine has got another address: what comes next finds it there, and does not wait for the old one. */
export async function closeConnection(host: SshHost): Promise<void> {
  const name = JSON.stringify(host);
  const connection = await connections.get(name)?.catch(() => undefined);
  connections.delete(name);
  connection?.close();
}

async function open(host: SshHost): Promise<SshConnection> {
  if (host.jump === undefined) {
    const socket = await openSocket(host);
    return SshConnection.start(host, await logIn(host, socket), new CountedLine(socket));
  }
  const jump = await connectionTo(host.jump);
  jump.line.ref();
  try {
    const channel = await jump.forwardTo(host).catch((error: unknown) => {
      if (host.alsoAt === undefined) throw error;
      return jump.forwardTo({ ...host, address: host.alsoAt });
    });
    return await SshConnection.start(host, await logIn(host, channel), jump.line);
  } finally {
    jump.line.unref();
  }
}

export class SshConnection {
  readonly host: SshHost;
  readonly line: Line;
  readonly #ssh: NodeSSH;
  #guard: Guard | undefined;

  private constructor(host: SshHost, ssh: NodeSSH, line: Line) {
    this.host = host;
    this.line = line;
    this.#ssh = ssh;
    // Whoever waits for a channel hears of its end; an error that nobody listens to would end the process.
    ssh.connection?.on('error', () => {});
  }

  static async start(host: SshHost, ssh: NodeSSH, line: Line): Promise<SshConnection> {
    const connection = new SshConnection(host, ssh, line);
    line.ref();
    try {
      const { channel } = await connection.command(GUARD_COMMAND);
      connection.#guard = new Guard(channel, () => connection.close());
    } finally {
      line.unref();
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#ssh.isConnected();
  }

  /** Without a farewell, which nobody may be there to hear. */
  close(): void {
    this.#ssh.connection?.destroy();
  }

  get guard(): Guard {
    return this.#guard!;
  }

  /** Starts a command. Rejects with a TilebedError (FAILED). */
  async command(argv: readonly string[]): Promise<{ channel: ClientChannel; endings: Endings }> {
    const client = this.#ssh.connection;
    if (client === null) throw this.lost();
    return new Promise((resolve, reject) => {
      const gone = () => reject(this.lost());
      client.once('close', gone);
      client.exec(`exec ${quoteCommand(argv)}`, (error, channel) => {
        client.off('close', gone);
        // The end may come with the beginning: whoever listens later may hear of neither.
        if (error === undefined) resolve({ channel, endings: endingsOf(channel) });
        else reject(this.#refused(error));
      });
    });
  }

  async forwardTo({ address, port }: SshHost): Promise<ClientChannel> {
    try {
      return (await this.#ssh.forwardOut('127.0.0.1', 0, address, port)) as ClientChannel;
    } catch (cause) {
      const { message } = cause as Error;
      throw new TilebedError(
        'FAILED',
        `cannot reach ${address} through ${hostText(this.host)}: ${message}`,
        { cause, hint: `is it powered, and does ${hostText(this.host)} reach it and forward?` },
      );
    }
  }

  lost(): TilebedError {
    return new TilebedError('FAILED', `the connection to ${hostText(this.host)} is lost`, {
      hint: 'is it still powered, and in this network?',
    });
  }

  #refused(cause: Error): TilebedError {
    const where = hostText(this.host);
    return /open failed/i.test(cause.message)
      ? new TilebedError('FAILED', `${where} takes no more sessions: ${cause.message}`, {
          cause,
          hint: 'raise `MaxSessions` in its /etc/ssh/sshd_config',
        })
      : new TilebedError('FAILED', `${where}: ${cause.message}`, { cause });
  }
}

/** Referenced as long as one of its users is. */
class CountedLine implements Line {
  readonly #socket: Socket;
  #users = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
  }

  ref(): void {
    if (this.#users++ === 0) this.#socket.ref();
  }

  unref(): void {
    if (--this.#users === 0) this.#socket.unref();
  }
}

export interface Ending {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface Endings {
  /** Resolves when the command has ended; what it has said may still be on its way. */
  readonly exited: Promise<Ending>;
  /** Resolves when all is said as well. Never for a channel whose output nobody reads. */
  readonly closed: Promise<Ending>;
}

function endingsOf(channel: ClientChannel): Endings {
  let ending: Ending = { exitCode: undefined, signal: undefined };
  const closed = once(channel, 'close').then(() => ending);
  const exited = new Promise<Ending>((resolve) => {
    channel.on('exit', (code: number | null, name?: string) => {
      ending = { exitCode: code ?? undefined, signal: name as NodeJS.Signals | undefined };
      resolve(ending);
    });
    void closed.then(resolve);
  });
  return { exited, closed };
}
