/** Questions to the person at the terminal; undefined as answer where there is none. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** One question at a time, however many machines are asked about. */
let latest: Promise<unknown> = Promise.resolve();

export function askYesNo(question: string): Promise<boolean | undefined> {
  return inTurn(async () => {
    if (!isInteractive()) return undefined;
    const answer = await ask(`${question} [y/N] `, process.stderr);
    return /^y(es)?$/i.test(answer.trim());
  });
}

/** What is typed is not shown, and kept by nobody. */
export function askSecret(question: string): Promise<string | undefined> {
  return inTurn(async () => {
    if (!isInteractive()) return undefined;
    process.stderr.write(question);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const answer = await ask('', silent);
    process.stderr.write('\n');
    return answer;
  });
}

async function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const mine = latest.then(work, work);
  latest = mine.catch(() => {});
  return mine;
}
