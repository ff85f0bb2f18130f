/** An argument array as the one string that SSH carries: the other side's login shell takes it apart. */

/**
 * The same array comes out of sh, dash, bash, zsh, ksh, BusyBox and fish. Inside single quotes all of them
 * take everything literally, but fish a backslash, so that one and the quote itself stand in double quotes.
 * Throws for a NUL, which no argument can hold.
 */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error('an argument of a command cannot hold a NUL character');
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word === '') return "''";
  return word.replace(/[^'\\]+|'+|\\/g, (run) => {
    if (run === '\\') return '"\\\\"';
    return run.startsWith("'") ? `"${run}"` : `'${run}'`;
  });
}
