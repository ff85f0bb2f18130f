/**
 * Keys of machines that are known: OpenSSH's own file, so that whom `ssh` trusts tilebed trusts too. Read
 * are plain and hashed names, patterns and `@revoked`; certificate authorities are not supported.
 */
import { createHash, createHmac } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface HostName {
  readonly address: string;
  readonly port: number;
}

export interface KnownKey {
  /** 1-based. */
  readonly line: number;
  readonly revoked: boolean;
  /** Such as ssh-ed25519. */
  readonly type: string;
  readonly base64: string;
}

export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked'; readonly line: number }
  /** There is another key of the same type. */
  | { readonly kind: 'changed'; readonly line: number };

/** All keys of that machine; none where the file is missing. */
export async function knownKeys(file: string, host: HostName): Promise<readonly KnownKey[]> {
  return parseKnownHosts(await readFile(file, 'utf8').catch(() => ''), host);
}

export function parseKnownHosts(text: string, host: HostName): readonly KnownKey[] {
  const name = entryName(host);
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [names = '', type, base64] = fields;
    if (names.startsWith('#') || type === undefined || base64 === undefined) return [];
    if (marker === '@cert-authority' || !matches(names, name)) return [];
    return [{ line: index + 1, revoked: marker === '@revoked', type, base64 }];
  });
}

/** @param key as the machine presents it, in SSH's wire format */
export function judgeKey(keys: readonly KnownKey[], key: Buffer): Verdict {
  const base64 = key.toString('base64');
  const same = keys.filter((known) => known.base64 === base64);
  const revoked = same.find((known) => known.revoked);
  if (revoked !== undefined) return { kind: 'revoked', line: revoked.line };
  if (same.length > 0) return { kind: 'known' };
  const other = keys.find((known) => !known.revoked);
  return other === undefined ? { kind: 'unknown' } : { kind: 'changed', line: other.line };
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key in SSH's wire format begins with. */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

export async function rememberKey(file: string, host: HostName, key: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const text = await readFile(file, 'utf8').catch(() => '');
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  const entry = `${gap}${entryName(host)} ${keyType(key)} ${key.toString('base64')}\n`;
  await appendFile(file, entry, { mode: 0o600 });
}

/** As OpenSSH writes a machine's name, which holds the port where it is not 22. */
export function entryName({ address, port }: HostName): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt = '', hash] = names.split('|');
    const own = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
    return own === hash;
  }
  const patterns = names.split(',');
  if (patterns.some((each) => each.startsWith('!') && glob(each.slice(1), name))) return false;
  return patterns.some((each) => glob(each, name));
}

function glob(pattern: string, name: string): boolean {
  const literal = pattern.toLowerCase().replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
