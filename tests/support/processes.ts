/** Looks at the machine's processes and sockets, as a test must to see that nothing is left. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ownedProcesses } from '../../harness/machine/owned-processes.ts';

/** Polls until `check` gives something true, or fails with `what`. */
export async function eventually<Value>(
  what: string,
  check: () => Promise<Value> | Value,
  patienceMs = 20_000,
): Promise<NonNullable<Value>> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await delay(20);
  }
}

/** Resolves when no process of the testbed is left; fails after five seconds. */
export async function noProcessesOf(stateFolder: string): Promise<void> {
  await eventually(
    `the end of all processes of ${stateFolder}`,
    async () => (await ownedProcesses(stateFolder)).length === 0,
    5000,
  );
}

export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
}

/** All IPv4 sockets that listen on addresses that begin so, from /proc/net/tcp. */
export async function listening(prefix: string): Promise<readonly ListeningSocket[]> {
  const lines = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => {
      const [hexAddress = '', hexPort = ''] = fields[1]!.split(':');
      const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(hexAddress.slice(at, at + 2), 16));
      return { address: bytes.join('.'), port: Number.parseInt(hexPort, 16) };
    })
    .filter(({ address }) => address.startsWith(prefix));
}
