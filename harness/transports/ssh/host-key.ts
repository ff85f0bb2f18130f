/** Whether a machine is the one that it was: its key beside the known ones. */
import { TilebedError } from '../../../runtime/errors.ts';
import { askYesNo } from './ask.ts';
import { hostText, knownName, type SshHost } from './host.ts';
import {
  entryName,
  fingerprint,
  judgeKey,
  keyType,
  knownKeys,
  rememberKey,
} from './known-hosts.ts';

/** Resolves when the key may be trusted. Rejects with a TilebedError (FAILED) otherwise. */
export async function checkHostKey(host: SshHost, key: Buffer): Promise<void> {
  const { knownHostsFile: file } = host;
  const verdict = judgeKey(await knownKeys(file, knownName(host)), key);
  switch (verdict.kind) {
    case 'known':
      return;
    case 'revoked':
      throw new TilebedError('FAILED', `the key of ${hostText(host)} is revoked`, {
        hint: `${file}:${verdict.line} says so: somebody else may be answering`,
      });
    case 'changed':
      throw new TilebedError(
        'FAILED',
        `${hostText(host)} has another host key than before: ${fingerprint(key)} is not what ${file}:${verdict.line} holds`,
        {
          hint: `if it was set up anew, forget the old key with \`ssh-keygen -f ${file} -R '${entryName(knownName(host))}'\`; if not, somebody else may be answering`,
        },
      );
    case 'unknown':
      await meet(host, key);
      return;
    default:
      verdict satisfies never;
  }
}

/** Two nodes may be one machine: it is asked about once at a time. */
const meetings = new Map<string, Promise<void>>();

function meet(host: SshHost, key: Buffer): Promise<void> {
  const name = `${entryName(knownName(host))} ${key.toString('base64')} ${host.knownHostsFile}`;
  const known = meetings.get(name);
  if (known !== undefined) return known;
  const meeting = decide(host, key).finally(() => meetings.delete(name));
  meetings.set(name, meeting);
  return meeting;
}

async function decide(host: SshHost, key: Buffer): Promise<void> {
  const print = `${keyType(key)} ${fingerprint(key)}`;
  if (host.hostKeys === 'strict') throw unknownKey(host, print);
  if (host.hostKeys === 'ask') {
    const answer = await askYesNo(
      `${hostText(host)} is not known yet. Its key is ${print}. Trust it from now on?`,
    );
    if (answer !== true) throw unknownKey(host, print);
  }
  await rememberKey(host.knownHostsFile, knownName(host), key);
}

function unknownKey(host: SshHost, print: string): TilebedError {
  return new TilebedError('FAILED', `${hostText(host)} is not known yet; its key is ${print}`, {
    hint: `connect once with \`ssh${host.port === 22 ? '' : ` -p ${host.port}`} ${host.user}@${host.address}\` and compare the key, or set \`hostKeys: accept-new\` in the testbed`,
  });
}
