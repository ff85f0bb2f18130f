/** A command on a machine, with its process number: what signals and its end are for. */
import type { ClientChannel } from 'ssh2';
import { TilebedError } from '../../../runtime/errors.ts';
import { connectionTo, type Endings, type SshConnection } from './connection.ts';
import { hostText, type SshHost } from './host.ts';

/** Tells its own number, which exec keeps, and becomes the command. The script is constant. */
const MARK = 'tilebed-process';
const START = ['sh', '-c', `echo "${MARK} $$" >&2 && exec "$@"`, 'sh'];
/** More before the mark is no greeting of a shell. */
const MOST_GREETING_BYTES = 65_536;

export interface StartedProcess extends Endings {
  readonly channel: ClientChannel;
  /** False once it has ended. */
  isRunning(): boolean;
  signal(signal: NodeJS.Signals, whom: 'process' | 'group'): void;
}

/**
 * The connection keeps this process alive until all that the command says has come: the end of a short one
 * may be here before its reader is. Where nobody may read it (`isRead: false`), its end is enough.
 * Rejects with a TilebedError (FAILED) when the machine cannot be reached or runs no commands.
 */
export async function startProcess(
  host: SshHost,
  argv: readonly string[],
  { isRead = true } = {},
): Promise<StartedProcess> {
  const connection = await connectionTo(host);
  connection.line.ref();
  const command = connection.command([...START, ...argv]);
  const { channel, endings } = await command.catch((error: unknown) => {
    connection.line.unref();
    throw error;
  });
  // A command that ends at once does not read what is written to it: how it ended tells.
  channel.on('error', () => {});
  const isUnread = () => !isRead && channel.readableFlowing === null;
  const over = endings.exited.then((ending) => (isUnread() ? ending : endings.closed));
  void over.then(() => connection.line.unref());
  return announce(connection, channel, endings);
}

async function announce(
  connection: SshConnection,
  channel: ClientChannel,
  endings: Endings,
): Promise<StartedProcess> {
  const processId = await readMark(connection, channel);
  const { guard } = connection;
  let running = true;
  guard.watch(processId);
  void endings.exited.then(() => {
    running = false;
    guard.drop(processId);
  });
  return {
    channel,
    ...endings,
    isRunning: () => running,
    signal: (signal, whom) => {
      if (running) guard.signal(processId, signal, whom);
    },
  };
}

/** Takes the mark, and whatever a login shell says before it, off standard error. */
function readMark(connection: SshConnection, channel: ClientChannel): Promise<number> {
  const { stderr } = channel;
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const look = () => {
      for (;;) {
        const chunk = stderr.read() as Buffer | null;
        if (chunk === null) return;
        seen = Buffer.concat([seen, chunk]);
        const match = new RegExp(`${MARK} (\\d+)\\n`).exec(seen.toString('latin1'));
        if (match !== null) {
          settle();
          const rest = seen.subarray(match.index + match[0].length);
          if (rest.length > 0) stderr.unshift(rest);
          resolve(Number(match[1]));
          return;
        }
        if (seen.length > MOST_GREETING_BYTES) channel.destroy();
      }
    };
    const fail = () => {
      settle();
      if (!connection.isOpen) {
        reject(connection.lost());
        return;
      }
      const said = `${seen}${channel.read() ?? ''}`.trim();
      const message = `${hostText(connection.host)} runs no commands${said === '' ? '' : `: ${said}`}`;
      reject(new TilebedError('FAILED', message, { hint: 'the user needs a login shell there' }));
    };
    const settle = () => {
      stderr.off('readable', look);
      stderr.off('end', fail);
      channel.off('close', fail);
    };
    stderr.on('readable', look);
    // A channel whose output nobody reads is not closed.
    stderr.on('end', fail);
    channel.on('close', fail);
  });
}
