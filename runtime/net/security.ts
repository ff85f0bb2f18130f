/**
 * TLS with a pre-shared key: every testbed has its own, and whoever does not hold it learns nothing
 * and holds nothing. Node offers pre-shared keys up to TLS 1.2 only; the ephemeral key exchange keeps
 * past traffic safe should the key become known (decision 0003).
 */
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Security } from '../roles/config.ts';

/** ChaCha20 first: the small ARM cores of a Pi have no AES instructions. */
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES128-CBC-SHA256';

const COMMON = {
  ciphers: CIPHERS,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  // No certificate is ever looked at: left out, Node.js would load all the world's roots.
  ca: [] as string[],
} as const;

/** `onIdentity` learns the name that a peer claims; only the key's holder gets any further. */
export function serverTls(
  security: Security & { kind: 'psk' },
  onIdentity: (socket: TLSSocket, identity: string) => void,
): TlsOptions {
  const key = Buffer.from(security.key, 'hex');
  return {
    ...COMMON,
    pskCallback: (socket, identity) => {
      onIdentity(socket, identity);
      return key;
    },
  };
}

export function clientTls(security: Security & { kind: 'psk' }, identity: string) {
  const psk = Buffer.from(security.key, 'hex');
  return {
    ...COMMON,
    pskCallback: () => ({ psk, identity }),
    // There are no certificates: the key alone proves both sides.
    checkServerIdentity: () => undefined,
  };
}
