/** Quoted arguments come out of real shells as they went in. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteCommand } from './quote.ts';

const SHELLS = ['sh', 'bash', 'zsh', 'fish', 'busybox'].filter(isThere);
const ODD = ['', ' ', "it's", "''", 'a\\', "\\'", '\\\\n', '"$HOME"', '`id`', '*', '~', '!!', '-n'];
const ODDER = ['=x', '{a,b}', 'a\nb', '\t', ';|&', 'ünïcødé 漢 🧱', '#', '%s', '^', '\u007f'];

function isThere(shell: string): boolean {
  try {
    execFileSync(shell, shellArguments(shell, 'true'));
    return true;
  } catch {
    return false;
  }
}

function shellArguments(shell: string, command: string): string[] {
  return shell === 'busybox' ? ['sh', '-c', command] : ['-c', command];
}

function throughShell(shell: string, argv: readonly string[]): readonly string[] {
  const command = quoteCommand(['printf', '%s\\0', ...argv]);
  // With a standard input that looks like a network's, bash would read the user's ~/.bashrc.
  const output = execFileSync(shell, shellArguments(shell, command), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return output.split('\0').slice(0, -1);
}

describe.each(SHELLS)('through %s', (shell) => {
  test('odd arguments', () => {
    expect(throughShell(shell, [...ODD, ...ODDER])).toEqual([...ODD, ...ODDER]);
  });

  test('any arguments', () => {
    const word = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'\'"\\ $`!*-a\n') }),
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (argv) => {
        expect(throughShell(shell, argv)).toEqual(argv);
      }),
      { numRuns: 60 },
    );
  });
});

test('plain words stay as they are, for those who read the logs of sshd', () => {
  expect(quoteCommand(['ls', '-l', '/tmp/a-b_c.d', 'K=v'])).toBe('ls -l /tmp/a-b_c.d K=v');
});

test('what no argument can hold is a bug', () => {
  expect(() => quoteCommand(['a\0b'])).toThrow('NUL');
});
