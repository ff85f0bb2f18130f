/** Opens a connection: the socket, or a channel through a jump host; the machine's key; the login. */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeSSH } from 'node-ssh';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { TilebedError } from '../../../runtime/errors.ts';
import { authMethods } from './credentials.ts';
import { hostText, knownName, type SshHost } from './host.ts';
import { checkHostKey } from './host-key.ts';
import { knownKeys } from './known-hosts.ts';

const CONNECT_PATIENCE_MS = 15_000;
const HEAD_START_MS = 1000;
/** A person may have to be asked meanwhile. */
const LOGIN_PATIENCE_MS = 120_000;
/** In the order in which they are wanted; a key that is known already goes first. */
const KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** A TCP connection to the machine itself, at whichever of its addresses. Rejects with a TilebedError (FAILED). */
export async function openSocket(host: SshHost): Promise<Socket> {
  const first = socketTo(host);
  if (host.alsoAt === undefined) return first;
  // The second address gets its try while the first may still be waiting for an answer.
  const second = Promise.race([first.catch(() => {}), delay(HEAD_START_MS)]).then(() =>
    socketTo({ ...host, address: host.alsoAt! }),
  );
  const closeUnlessChosen = (socket: Socket, chosen: Socket) =>
    socket !== chosen && socket.destroy();
  try {
    const chosen = await Promise.any([first, second]);
    for (const other of [first, second]) {
      other.then((socket) => closeUnlessChosen(socket, chosen)).catch(() => {});
    }
    return chosen;
  } catch (error) {
    throw (error as AggregateError).errors[0];
  }
}

async function socketTo(host: SshHost): Promise<Socket> {
  const socket = connectSocket({ host: host.address, port: host.port, noDelay: true });
  socket.setTimeout(CONNECT_PATIENCE_MS, () =>
    socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
  );
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw unreachable(host, error as NodeJS.ErrnoException);
  }
  socket.setTimeout(0);
  return socket;
}

/** Logs in over an open connection. Rejects with a TilebedError (FAILED, or INPUT for a useless key). */
export async function logIn(host: SshHost, sock: Duplex): Promise<NodeSSH> {
  let refusal: unknown;
  const known = await knownKeys(host.knownHostsFile, knownName(host));
  const methods = await authMethods(host);
  // As in credentials.ts.
  const { NodeSSH } = await import('node-ssh');
  try {
    return await new NodeSSH().connect({
      username: host.user,
      // ssh2 wants a Readable and takes any stream.
      sock: sock as Duplex & Socket,
      readyTimeout: LOGIN_PATIENCE_MS,
      authHandler: methods,
      algorithms: { serverHostKey: preferred(known.map(({ type }) => type)) },
      hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
        checkHostKey(host, key).then(
          () => verify(true),
          (error: unknown) => {
            refusal = error;
            verify(false);
          },
        );
      },
    });
  } catch (error) {
    sock.destroy();
    throw refusal ?? loginFailed(host, error as Error & { level?: string }, methods.length > 0);
  }
}

function preferred(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const isKnown = (algorithm: string) =>
    types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [
    ...KEY_ALGORITHMS.filter(isKnown),
    ...KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm)),
  ];
}

function unreachable(host: SshHost, cause: NodeJS.ErrnoException): TilebedError {
  const { message, hint } = reasonOf(host, cause);
  return new TilebedError('FAILED', `cannot reach ${hostText(host)}: ${message}`, { cause, hint });
}

function reasonOf({ address, port }: SshHost, { code, message }: NodeJS.ErrnoException) {
  switch (code) {
    case 'ECONNREFUSED':
      return {
        message: `nothing listens at port ${port}`,
        hint: 'start the SSH server there: `sudo systemctl enable --now ssh`',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        message: `the name ${address} is not known here`,
        hint: 'give its address, or its name with `.local`',
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return {
        message: 'it does not answer',
        hint: `is it powered, booted, and in this network? try \`ping ${address}\``,
      };
    default:
      return { message, hint: `try \`ssh -p ${port} ${address}\`` };
  }
}

function loginFailed(
  host: SshHost,
  cause: Error & { level?: string },
  hadMethods: boolean,
): TilebedError {
  const port = host.port === 22 ? '' : `-p ${host.port} `;
  const key = host.keyFile === undefined ? '' : `-i ${host.keyFile} `;
  if (cause.level === 'client-authentication' || /authentication methods/.test(cause.message)) {
    return new TilebedError(
      'FAILED',
      `${hostText(host)} does not let this user in: ${hadMethods ? 'no key that was tried is accepted' : 'there is no key to try'}`,
      {
        cause,
        hint: `put your key there: \`ssh-copy-id ${key}${port}${host.user}@${host.address}\``,
      },
    );
  }
  return new TilebedError('FAILED', `cannot log in to ${hostText(host)}: ${cause.message}`, {
    cause,
    hint: `try \`ssh -v ${key}${port}${host.user}@${host.address}\``,
  });
}
