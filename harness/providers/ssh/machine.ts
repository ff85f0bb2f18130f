/** A machine as the provider works on it: commands as the user or as root, files read and written. */
import { TilebedError } from '../../../runtime/errors.ts';
import type { SshHost } from '../../transports/ssh/host.ts';
import { SshTransport } from '../../transports/ssh.ts';
import type { ExecOptions, ExecResult } from '../../transports/transport.ts';

/** Where administrators' commands are, which the path of a plain user lacks. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Told apart by their first letter: a folder, a file with its content, nothing. */
const LOOK =
  'for path; do if [ -d "$path" ]; then echo d; elif [ -r "$path" ]; then printf "f "; base64 < "$path" | tr -d "\\n"; echo; else echo n; fi; done';
const WRITE =
  'mkdir -p "$(dirname "$1")" && cat > "$1.tilebed-part" && chmod "$2" "$1.tilebed-part" && mv -f "$1.tilebed-part" "$1"';

/** What is at a path; nothing where it is missing or may not be read. */
export type Found = { readonly kind: 'folder' } | { readonly kind: 'file'; readonly text: string };

export interface RunOptions extends ExecOptions {
  readonly asRoot?: boolean;
}

export class Machine {
  readonly node: string;
  readonly host: SshHost;
  readonly transport: SshTransport;
  readonly #isRoot: boolean;

  constructor(node: string, host: SshHost) {
    this.node = node;
    this.host = host;
    this.#isRoot = host.user === 'root';
    this.transport = new SshTransport({ host, launcher: [] });
  }

  /** Whatever comes of it. */
  try(
    argv: readonly string[],
    { asRoot = false, ...options }: RunOptions = {},
  ): Promise<ExecResult> {
    const sudo = asRoot && !this.#isRoot ? ['sudo', '-n'] : [];
    return this.transport.exec([...sudo, 'env', PATH, 'LC_ALL=C', ...argv], options);
  }

  /** Returns standard output. Rejects with a TilebedError (FAILED). */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr, signal } = await this.try(argv, options);
    if (exitCode === 0) return stdout;
    const why = stderr.trim() || (signal ?? `ended with status ${exitCode}`);
    throw new TilebedError('FAILED', `${this.node}: ${commandText(argv)}${why}`, {
      node: this.node,
      ...hintFor(why),
    });
  }

  /** In the order of the paths; undefined for what is not there. */
  async look(paths: readonly string[], options: RunOptions = {}): Promise<(Found | undefined)[]> {
    if (paths.length === 0) return [];
    const text = await this.run(['sh', '-c', LOOK, 'sh', ...paths], options);
    return text
      .split('\n')
      .slice(0, paths.length)
      .map((line) => {
        if (line === 'd') return { kind: 'folder' };
        if (!line.startsWith('f')) return undefined;
        return { kind: 'file', text: Buffer.from(line.slice(2), 'base64').toString() };
      });
  }

  /** Makes missing folders; the file is whole or not there. */
  async write(path: string, text: string, mode: string, options: RunOptions = {}): Promise<void> {
    await this.run(['sh', '-c', WRITE, 'sh', path, mode], { ...options, input: text });
  }
}

/** Nobody reads a script in a message. */
function commandText(argv: readonly string[]): string {
  return argv[0] === 'sh' && argv[1] === '-c' ? '' : `${argv.join(' ')}: `;
}

function hintFor(why: string): { readonly hint?: string } {
  if (/a password is required|not in the sudoers|sudo: .*not found/.test(why)) {
    return {
      hint: 'let the user become root without a password: `echo "$USER ALL=(ALL) NOPASSWD: ALL" | sudo tee /etc/sudoers.d/tilebed`',
    };
  }
  if (/No space left/.test(why)) return { hint: 'free some space there: `df -h` tells where' };
  return {};
}
