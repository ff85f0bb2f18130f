/** Known hosts as OpenSSH writes them, and what follows for a key that a machine presents. */
import { describe, expect, test } from 'vitest';
import { judgeKey, keyType, parseKnownHosts } from './known-hosts.ts';

const KEY = wireKey('ssh-ed25519', 'a');
const OTHER = wireKey('ssh-ed25519', 'b');
const HOST = { address: 'pi1.local', port: 22 };

function wireKey(type: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type + content)]);
}

function judge(line: string, key = KEY, host = HOST) {
  return judgeKey(parseKnownHosts(line.replace('KEY', KEY.toString('base64')), host), key);
}

describe('a machine is', () => {
  test.each([
    ['by its name', 'pi1.local ssh-ed25519 KEY comment'],
    ['among others', '10.0.0.1,PI1.local ssh-ed25519 KEY'],
    ['by a pattern', 'pi?.loc* ssh-ed25519 KEY'],
    // Made with: ssh-keygen -H, of pi1.local.
    ['by a hash', '|1|qK8ZXtqEDsgwsXK6cb+d5+3oWYo=|QLD3It+PJg5Z9QECGBTuXk2iGvo= ssh-ed25519 KEY'],
  ])('known %s', (_, line) => {
    expect(judge(line)).toEqual({ kind: 'known' });
    expect(judge(line, OTHER)).toEqual({ kind: 'changed', line: 1 });
  });

  test.each([
    ['an empty file', ''],
    ['a comment', '# pi1.local ssh-ed25519 KEY'],
    ['another machine', 'pi10.local ssh-ed25519 KEY'],
    ['an exception', '*.local,!pi1.local ssh-ed25519 KEY'],
    ['another port', '[pi1.local]:2222 ssh-ed25519 KEY'],
    ['a dot that is no wildcard', 'pi1xlocal ssh-ed25519 KEY'],
    ['an authority', '@cert-authority pi1.local ssh-ed25519 KEY'],
  ])('unknown by %s', (_, line) => {
    expect(judge(line)).toEqual({ kind: 'unknown' });
  });

  test('refused when its key is revoked, whatever else is there', () => {
    const lines = 'pi1.local ssh-ed25519 KEY\n@revoked pi1.local ssh-ed25519 KEY';
    expect(judge(lines.replace('KEY', KEY.toString('base64')))).toEqual({
      kind: 'revoked',
      line: 2,
    });
  });
});

test('the port is part of the name where it is not 22', () => {
  const host = { address: 'pi1.local', port: 2222 };
  expect(judge('[pi1.local]:2222 ssh-ed25519 KEY', KEY, host)).toEqual({ kind: 'known' });
});

test('a key tells its type', () => {
  expect(keyType(KEY)).toBe('ssh-ed25519');
});
