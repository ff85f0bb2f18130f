/** Looks whether hosts are there and speak SSH, all at once: no login is tried, nothing is changed. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

/** As people write it: `pi@10.0.0.4:2222`; only the host's name or address must be there. */
export interface HostName {
  readonly user?: string;
  readonly host: string;
  readonly port: number;
}

export interface ScannedHost extends HostName {
  /** IPv4; undefined where the name is not known. */
  readonly address?: string;
  /** Such as "SSH-2.0-OpenSSH_9.2p1 Debian-2"; undefined where nobody answered. */
  readonly greeting?: string;
  /** Why there is none. */
  readonly problem?: string;
}

const SSH_PORT = 22;
const PATIENCE_MS = 4000;
const HOST_PATTERN = /^(?:([a-z_][a-z0-9_.-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*)(?::(\d{1,5}))?$/;

/** Undefined where the text is no host. */
export function parseHost(text: string): HostName | undefined {
  const [, user, host, port] = HOST_PATTERN.exec(text.trim()) ?? [];
  if (host === undefined) return undefined;
  return { ...(user === undefined ? {} : { user }), host, port: Number(port ?? SSH_PORT) };
}

export function scanHosts(hosts: readonly HostName[]): Promise<readonly ScannedHost[]> {
  return Promise.all(hosts.map(scan));
}

async function scan(named: HostName): Promise<ScannedHost> {
  try {
    const { address } = await lookup(named.host, { family: 4 });
    try {
      return { ...named, address, greeting: await greetingOf(address, named.port) };
    } catch (error) {
      return { ...named, address, problem: (error as Error).message };
    }
  } catch {
    return { ...named, problem: 'there is no host of that name' };
  }
}

function greetingOf(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    let said = '';
    const fail = (message: string) => {
      socket.destroy();
      reject(new Error(message));
    };
    socket.setTimeout(PATIENCE_MS, () => fail(`no answer in ${PATIENCE_MS / 1000} s`));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('it is no SSH server: it hung up'));
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      const line = /^(SSH-2\.0-[\x20-\x7e]{1,200})\r?\n/m.exec(said)?.[1];
      if (line !== undefined) {
        resolve(line);
        socket.destroy();
      } else if (said.length > 4096) fail('it is no SSH server');
    });
  });
}
