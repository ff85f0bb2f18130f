/** Where a machine is reached, and as whom. */

/** What to do with a machine whose key is not known yet. One whose key has changed is always refused. */
export type HostKeyPolicy =
  /** A person decides, where there is one. */
  | 'ask'
  /** Taken and written down. */
  | 'accept-new'
  /** Refused. */
  | 'strict';

export interface SshHost {
  /** A name or an address. */
  readonly address: string;
  readonly port: number;
  /** Another address of the same machine, which answers where the first one does not. */
  readonly alsoAt?: string;
  /** The name or address under which its key is known, where that is another. */
  readonly knownAs?: string;
  readonly user: string;
  /** A private key's file; without one the agent and the usual files are tried. */
  readonly keyFile?: string;
  /** The person at the terminal is asked for a password, which is never stored. */
  readonly askPassword?: boolean;
  /** The machine through which this one is reached. */
  readonly jump?: SshHost;
  readonly hostKeys: HostKeyPolicy;
  /** The file of known keys, as OpenSSH writes it. */
  readonly knownHostsFile: string;
}

/** As one types it: `pi@10.0.0.3`, with the port where it is not 22. */
export function hostText({ user, address, port }: SshHost): string {
  return `${user}@${address}${port === 22 ? '' : `:${port}`}`;
}

/** Under which its key is known. */
export function knownName({ address, port, knownAs }: SshHost) {
  return { address: knownAs ?? address, port };
}
