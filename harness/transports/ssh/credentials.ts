/** How one logs in: the agent, keys, and a password that a person types. Nothing of it is stored. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AnyAuthMethod } from 'ssh2';
import { TilebedError } from '../../../runtime/errors.ts';
import { askSecret } from './ask.ts';
import { hostText, type SshHost } from './host.ts';

const USUAL_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Ways to try in this order. Rejects with a TilebedError (INPUT) for a key file that is no use. */
export async function authMethods(host: SshHost): Promise<AnyAuthMethod[]> {
  const { user: username, keyFile } = host;
  const agent = process.env['SSH_AUTH_SOCK'];
  const keys =
    keyFile === undefined ? await usualKeys() : [await ownKey(keyFile, agent !== undefined)];
  const methods: AnyAuthMethod[] = keys
    .filter((key) => key !== undefined)
    .map(({ key, passphrase }) => ({
      type: 'publickey',
      username,
      key,
      ...(passphrase === undefined ? {} : { passphrase }),
    }));
  if (agent !== undefined && agent !== '') methods.push({ type: 'agent', username, agent });
  if (host.askPassword === true) {
    const password = await askSecret(`${hostText(host)}'s password: `);
    if (password !== undefined) methods.push({ type: 'password', username, password });
  }
  return methods;
}

interface Key {
  readonly key: Buffer;
  readonly passphrase?: string;
}

/** Undefined where the key is encrypted, nobody can be asked, and the agent may have it. */
async function ownKey(path: string, hasAgent: boolean): Promise<Key | undefined> {
  const key = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw new TilebedError('INPUT', `cannot read the key ${path}: ${why}`, {
      cause,
      hint: `make one with \`ssh-keygen -t ed25519 -f ${path}\``,
    });
  });
  const problem = await keyProblem(key);
  if (problem === undefined) return { key };
  if (!/encrypted|passphrase/i.test(problem)) {
    throw new TilebedError('INPUT', `${path} is not a private key: ${problem}`);
  }
  const passphrase = await askSecret(`passphrase of ${path}: `);
  if (passphrase === undefined) {
    if (hasAgent) return undefined;
    throw new TilebedError('INPUT', `the key ${path} has a passphrase, and nobody can be asked`, {
      hint: `run \`eval "$(ssh-agent)" && ssh-add ${path}\` first`,
    });
  }
  if ((await keyProblem(key, passphrase)) === undefined) return { key, passphrase };
  throw new TilebedError('INPUT', `that is not the passphrase of ${path}`);
}

/** Those that lie open; encrypted ones are the agent's business. */
async function usualKeys(): Promise<(Key | undefined)[]> {
  return Promise.all(
    USUAL_KEYS.map(async (name) => {
      const key = await readFile(join(homedir(), '.ssh', name)).catch(() => undefined);
      const isOpen = key !== undefined && (await keyProblem(key)) === undefined;
      return isOpen ? { key } : undefined;
    }),
  );
}

async function keyProblem(key: Buffer, passphrase?: string): Promise<string | undefined> {
  // Loaded where a machine is logged in to: it would take a quarter of the time in which `tilebed` starts.
  const { default: ssh2 } = await import('ssh2');
  const parsed = ssh2.utils.parseKey(key, passphrase);
  return parsed instanceof Error ? parsed.message : undefined;
}
