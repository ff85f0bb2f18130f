/**
 * Cuts a loopback address off: rules of iptables that drop its packets, in a chain of the testbed's own
 * that stands first in INPUT. The chain's name and the rules' comments tell whose they are, so `down`
 * finds what a crash left; without a cut there is no chain.
 */
import { TilebedError } from '../../../runtime/errors.ts';
import { tryCommand } from '../../machine/command.ts';
import type { Undo } from '../provider.ts';

/** Somebody else may be changing rules at the moment. */
const LOCK_PATIENCE_SECONDS = '5';

export class PacketFilter {
  readonly #chain: string;
  readonly #comment: readonly string[];

  /**
   * @param chain at most 28 characters, the testbed's own
   * @param owner shown in the rules' comments
   */
  constructor(chain: string, owner: string) {
    this.#chain = chain;
    this.#comment = ['--match', 'comment', '--comment', `tilebed: ${owner.slice(-200)}`];
  }

  /** Rejects with a TilebedError (FAILED) when the rules cannot be made. */
  async cut(address: string): Promise<Undo> {
    await this.#makeChain();
    const rules = ['--source', '--destination'].map((end) => [
      end,
      address,
      ...this.#comment,
      '--jump',
      'DROP',
    ]);
    for (const rule of rules) await change('--append', this.#chain, ...rule);
    return async () => {
      for (const rule of rules) await iptables('--delete', this.#chain, ...rule);
      if ((await this.#rules()) === 0) await this.remove();
    };
  }

  /** True when there was something to remove. */
  async remove(): Promise<boolean> {
    if ((await this.#rules()) === undefined) return false;
    while ((await iptables('--delete', 'INPUT', ...this.#jump)).exitCode === 0);
    await iptables('--flush', this.#chain);
    await iptables('--delete-chain', this.#chain);
    return true;
  }

  async exists(): Promise<boolean> {
    return (await this.#rules()) !== undefined;
  }

  get #jump(): readonly string[] {
    return [...this.#comment, '--jump', this.#chain];
  }

  async #makeChain(): Promise<void> {
    if ((await this.#rules()) === undefined) await change('--new-chain', this.#chain);
    const { exitCode } = await iptables('--check', 'INPUT', ...this.#jump);
    if (exitCode !== 0) await change('--insert', 'INPUT', ...this.#jump);
  }

  /** How many rules the chain holds; undefined where there is no chain. */
  async #rules(): Promise<number | undefined> {
    const { exitCode, stdout } = await iptables('--list-rules', this.#chain);
    return exitCode === 0 ? stdout.trim().split('\n').length - 1 : undefined;
  }
}

/** What hinders this user from dropping packets; undefined where nothing does. */
export async function packetFilterProblem(): Promise<string | undefined> {
  const { exitCode, stderr } = await iptables('--list-rules', 'INPUT');
  if (exitCode === 0) return undefined;
  return exitCode === undefined ? 'iptables is not found' : (stderr.trim().split('\n')[0] ?? '');
}

/** Of all chains; none where this user may not ask. */
export async function chainNames(): Promise<readonly string[]> {
  const { stdout } = await iptables('--list-rules');
  return [...stdout.matchAll(/^-N (\S+)$/gm)].map(([, name]) => name!);
}

async function change(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await iptables(...args);
  if (exitCode === 0) return;
  throw new TilebedError('FAILED', `iptables ${args.join(' ')}: ${stderr.trim()}`);
}

function iptables(...args: string[]) {
  return tryCommand(['iptables', '--wait', LOCK_PATIENCE_SECONDS, ...args]);
}
